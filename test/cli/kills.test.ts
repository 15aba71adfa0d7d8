/**
 * An import that is killed at random times and goes on each time: every row is there once, and no chunk that was done is sent
 * again. `KILLS=50 KILL_SEED=7` is a longer form.
 */
import { once } from 'node:events'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { between, seeded } from '../faults/random.ts'
import { type Local, startLocal } from '../local.ts'
import { Desk, users } from './command.ts'

const KILLS = Number(process.env.KILLS ?? 10)
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000)

let local: Local
let desk: Desk
/** Stands before the sandbox, takes its time, and notes each request by its first row. */
const requests: number[] = []
const slow = createServer(
  (request, response) => void relay(request).then((status) => response.writeHead(status).end('{}')),
)

async function relay(request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  const [, n] = /"n":(\d+)/.exec(body) ?? []
  requests.push(Number(n))
  await sleep(20)
  const headers = { 'Content-Type': 'application/json' }
  const { status } = await fetch(local.sandbox + String(request.url), { method: 'POST', headers, body })
  return status
}

beforeAll(async () => {
  local = await startLocal()
  slow.listen(0, '127.0.0.1')
  await once(slow, 'listening')
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`
  desk = new Desk({ HEAP_APP_ID: '123456789', HEAP_BASE_URL: url })
})
afterAll(async () => {
  slow.closeAllConnections()
  slow.close()
  desk.remove()
  await local.stop()
})

interface Line {
  chunk: number
  first?: number
  requests?: number
}

/** The first row of each chunk that the journal says is done. Its last line may be torn. */
function done(journal: string): Set<number> {
  if (!existsSync(desk.path(journal))) return new Set()
  const lines = desk.read(journal).split('\n').slice(0, -1)
  const read = lines.map((line) => JSON.parse(line) as Line)
  const ended = new Set(read.filter((line) => line.requests !== undefined).map(({ chunk }) => chunk))
  return new Set(read.flatMap(({ chunk, first }) => (first !== undefined && ended.has(chunk) ? [first - 1] : [])))
}

/** Kills an import again and again, then lets it come to its end. Gives how many chunks were done at each kill. */
async function survive(kind: 'users' | 'events', name: string): Promise<number[]> {
  const random = seeded(SEED)
  const journal = `${name}.heap-edge-journal`
  const chunks: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const before = done(journal)
    requests.length = 0
    const child = desk.start(['import', kind, name, '--resume', '--json'])
    const exited = once(child, 'exit')
    // Some are killed while they start, most while they send: the fifth request comes when one of the first four is done.
    const enough = kill % 4 === 0 ? 0 : between(random, 5, 10)
    while (requests.length < enough && child.exitCode === null) await sleep(2)
    await sleep(between(random, 0, 40))
    child.kill('SIGKILL')
    await exited
    for (const first of requests) expect(before).not.toContain(first)
    chunks.push(done(journal).size)
  }
  const before = done(journal)
  requests.length = 0
  expect(await desk.json(['import', kind, name, '--resume'])).toMatchObject({ code: 0, complete: true, refused: 0 })
  for (const first of requests) expect(before).not.toContain(first)
  return chunks
}

describe.skipIf(process.platform === 'win32')(`an import that is killed ${KILLS} times, seed ${SEED}`, () => {
  const timeout = 60_000 + KILLS * 5000

  it('has every user in the end', { timeout }, async () => {
    const name = desk.write('users.ndjson', users(KILLS * 4000))
    const chunks = await survive('users', name)
    // It was killed in the middle, and nothing that was done was forgotten.
    expect(chunks).toEqual(chunks.toSorted((a, b) => a - b))
    expect(new Set(chunks).size).toBeGreaterThan(2)
    expect(await local.held('stats')).toMatchObject({ users: KILLS * 4000 })
  })

  it('has every event once', { timeout }, async () => {
    // So large that a request holds few: many requests, and far from Heap's limit for a minute.
    const padding = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`p${n}`, 'x'.repeat(1000)]))
    const line = (n: number) => JSON.stringify({ event: 'e', identity: `user-${n}`, properties: { n, ...padding } })
    const count = KILLS * 150
    const name = desk.write('events.ndjson', Array.from({ length: count }, (_, n) => line(n)).join('\n'))
    const chunks = await survive('events', name)
    expect(new Set(chunks).size).toBeGreaterThan(2)
    expect(await local.held('stats')).toMatchObject({ events: count })
    const { events } = await local.held<{ events: { properties: { n: number } }[] }>('events?limit=100000')
    expect(new Set(events.map(({ properties }) => properties.n)).size).toBe(count)
  })
})
