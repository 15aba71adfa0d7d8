/**
 * `npm run bench:import`: a million users from a stream of NDJSON into a Heap that answers at once. The memory of the command at
 * its peak, the number of its requests, and its time as a ratio to that of a process which sends the same bodies, made before,
 * with the same number of requests at once. Exits with 1 where one of them misses its target.
 *
 *     npm run bench:import -- --users 1000000 --rounds 3 --concurrency 4
 * @module
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../scripts/build.ts'
import { root } from '../scripts/workers.ts'
import { APP_ID, bodies, lines } from './import/rows.ts'
import { median } from './measure.ts'
import { numbers } from './numbers.ts'

const { users, rounds, concurrency } = numbers({ users: 1_000_000, rounds: 3, concurrency: 4 })

const MOST_MB = 150
const MOST_RATIO = 1.5
const program = (name: string) => join(import.meta.dirname, 'import', name)

await build()
const folder = mkdtempSync(join(tmpdir(), 'heap-edge-import-'))
const heap = fork(program('instant.ts'))
const [port] = (await once(heap, 'message')) as [number]
const url = `http://127.0.0.1:${port}`

/** What has come since this was asked before. */
async function arrived(): Promise<{ requests: number; bytes: number }> {
  heap.send('counts')
  const [counts] = (await once(heap, 'message')) as [{ requests: number; bytes: number }]
  return counts
}

/** Milliseconds until a process has ended well. */
async function ended(child: ChildProcess, since: number): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}`)
  return performance.now() - since
}

const bodyFile = join(folder, 'bodies')
let bytes = 0
{
  const descriptor = openSync(bodyFile, 'w')
  const lengths = [...bodies(users)].map((body) => {
    writeSync(descriptor, body)
    bytes += body.length
    return body.length
  })
  closeSync(descriptor)
  writeFileSync(`${bodyFile}.lengths`, JSON.stringify(lengths))
}

function sendBare(): Promise<number> {
  const args = [program('bare.ts'), `${url}/api/add_user_properties`, bodyFile, String(concurrency)]
  const since = performance.now()
  return ended(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), since)
}

const rowsFile = join(folder, 'users.ndjson')
{
  const descriptor = openSync(rowsFile, 'w')
  for (const text of lines(users)) writeSync(descriptor, text)
  closeSync(descriptor)
}

let runs = 0
const peakFile = join(folder, 'peak')

/** As people do it: one process writes lines into the other, which keeps a journal. */
async function sendByImport(): Promise<{ ms: number; peakMb: number }> {
  const flags = ['--app-id', APP_ID, '--base-url', url, '--concurrency', String(concurrency), '--json']
  const command = ['import', 'users', '-', '--journal', join(folder, `journal-${runs++}`), ...flags]
  const since = performance.now()
  const rows = spawn('cat', [rowsFile], { stdio: ['ignore', 'pipe', 'inherit'] })
  const main = join(root, 'packages/cli/dist/main.js')
  const child = spawn(process.execPath, ['--import', program('peak.mjs'), main, ...command], {
    stdio: [rows.stdout, 'ignore', 'inherit'],
    env: { ...process.env, PEAK_FILE: peakFile },
  })
  rows.stdout.destroy()
  const ms = await ended(child, since)
  return { ms, peakMb: (Number(readFileSync(peakFile, 'utf8')) * 1024) / 1e6 }
}

try {
  const [bare, byImport, peaks, requests]: [number[], number[], number[], Set<number>] = [[], [], [], new Set()]
  for (let round = 0; round < rounds; round++) {
    bare.push(await sendBare())
    await arrived()
    const { ms, peakMb } = await sendByImport()
    byImport.push(ms)
    peaks.push(peakMb)
    const counts = await arrived()
    requests.add(counts.requests)
    if (counts.bytes !== bytes) throw new Error(`${counts.bytes} bytes came instead of ${bytes}`)
    console.error(`round ${round + 1} of ${rounds}`)
  }
  const wanted = Math.ceil(users / 1000)
  const peak = Math.max(...peaks)
  const ratio = median(byImport) / median(bare)
  const met = { peak: peak < MOST_MB, requests: requests.size === 1 && requests.has(wanted), ratio: ratio < MOST_RATIO }
  const verdict = (good: boolean) => (good ? 'met' : 'MISSED')
  const ms = (all: number[]) => all.map(Math.round).join(', ')
  console.table({
    'bare requests': { value: `${Math.round(median(bare))} ms`, all: ms(bare), target: '' },
    import: { value: `${Math.round(median(byImport))} ms`, all: ms(byImport), target: '' },
    ratio: { value: ratio.toFixed(2), all: '', target: `under ${MOST_RATIO}: ${verdict(met.ratio)}` },
    requests: { value: [...requests].join(', '), all: '', target: `exactly ${wanted}: ${verdict(met.requests)}` },
    'peak memory': {
      value: `${Math.round(peak)} MB`,
      all: ms(peaks),
      target: `under ${MOST_MB} MB: ${verdict(met.peak)}`,
    },
  })
  if (!met.peak || !met.requests || !met.ratio) process.exitCode = 1
} finally {
  heap.kill()
  rmSync(folder, { recursive: true, force: true })
}
