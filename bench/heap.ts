/**
 * A Heap that answers at once, in a process of its own, so that it takes no time from whoever is measured.
 * @module
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** What it has seen since it was told how to answer. */
export interface Seen {
  path: string
  body: string
}

export interface InstantHeap {
  url: string
  /** From now on it takes everything, or refuses everything with 503. */
  answer(how: 'take' | 'refuse'): Promise<void>
  /** Waits until no request has come for 4 s; what has come since {@link answer}, and the time of the last one, in ms. */
  quiet(): Promise<{ seen: Seen[]; lastAt: number }>
  stop(): void
}

export async function startHeap(): Promise<InstantHeap> {
  const child = fork(fileURLToPath(import.meta.url), { serialization: 'advanced' })
  const reply = async <T>(question?: string): Promise<T> => {
    if (question) child.send(question)
    const [answer] = (await once(child, 'message')) as [T]
    return answer
  }
  const port = await reply<number>()
  return {
    url: `http://127.0.0.1:${port}`,
    answer: (how) => reply(how),
    quiet: () => reply('quiet'),
    stop: () => child.kill(),
  }
}

if (import.meta.main) {
  let status = 200
  let seen: Seen[] = []
  let lastAt = Date.now()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      lastAt = Date.now()
      if (status === 200) seen.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString() })
      // Whoever is refused comes back only when told to: attempts in between would use up the limits.
      const headers = { 'Content-Type': 'application/json', ...(status === 503 && { 'Retry-After': '3600' }) }
      response.writeHead(status, headers).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send?.((server.address() as AddressInfo).port)
  process.on('message', (question) => {
    if (question === 'quiet') {
      const timer = setInterval(() => {
        if (Date.now() - lastAt < 4000) return
        clearInterval(timer)
        process.send?.({ seen, lastAt })
      }, 50)
      return
    }
    status = question === 'take' ? 200 : 503
    seen = []
    lastAt = Date.now()
    process.send?.('')
  })
}
