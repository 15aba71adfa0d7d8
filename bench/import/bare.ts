/**
 * Sends bodies that lie ready in a file: what the same requests cost whoever sends them. So many at once, by `fetch`.
 * @module
 */
import { openSync, readFileSync, readSync } from 'node:fs'

const [url = '', file = '', concurrency] = process.argv.slice(2)
const lengths = JSON.parse(readFileSync(`${file}.lengths`, 'utf8')) as number[]
const descriptor = openSync(file, 'r')
let next = 0

async function send(): Promise<void> {
  for (let length; (length = lengths[next++]) !== undefined;) {
    const body = new Uint8Array(length)
    readSync(descriptor, body)
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await response.text()
    if (!response.ok) throw new Error(`answered ${response.status}`)
  }
}

await Promise.all(Array.from({ length: Number(concurrency) }, send))
