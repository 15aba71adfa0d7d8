/**
 * Segment syncs, signed and sent as Heap does it: their users arrive in workflows, once.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { root } from '../../scripts/workers.ts'
import { type Local, startLocal } from '../local.ts'
import { type StandIn, standIn } from '../stand-ins/index.ts'
import { ended, runs } from './runs.ts'

let receiver: StandIn
let local: Local
beforeAll(async () => {
  receiver = await standIn(() => ({ status: 200 }))
  const heapConfig = join(root, 'test/fixtures/workflows/heap.config.ts')
  local = await startLocal({ STEPS_URL: receiver.url }, { heapConfig })
})
afterAll(() => Promise.all([local.stop(), receiver.close()]))

const segment = { id: 1338065, name: 'Frequent buyers' }

/** Has the sandbox send a sync or a drain: the page and the status of each request, in their order. */
async function send(webhook: object): Promise<[page: number | undefined, status: number | null][]> {
  const body = JSON.stringify({ segment, ...webhook })
  const response = await fetch(`${local.sandbox}/_sandbox/webhooks/segment`, { method: 'POST', body })
  const { deliveries } = await response.json<{ deliveries: { page_number?: number; status: number | null }[] }>()
  return deliveries.map(({ page_number, status }) => [page_number, status])
}

/** The runs of earlier tests. */
const earlier = new Set<string>()
const ids = async () => (await runs(local)).map(({ id }) => id).filter((id) => !earlier.has(id))
afterEach(async () => {
  for (const id of await ids()) earlier.add(id)
})

/** Waits until all runs of a test are over: what each step posted, by the names of the steps. */
async function posted(): Promise<[step: string, input: { users: string[] }][]> {
  const own = await ids()
  for (const id of own) await ended(local, id)
  const all = receiver.requests.map(({ text }) => JSON.parse(text) as { run: string; step: string; input: never })
  return all
    .filter(({ run }) => own.includes(run))
    .map(({ step, input }): [string, never] => [step, input])
    .toSorted(([a], [b]) => a.localeCompare(b))
}

const users = (kind: string, many: number) => Array.from({ length: many }, (_, i) => `${kind}-${i}@example.com`)

it('pages in any order are one run for who was added and one for who was removed', async () => {
  const sync = { add: users('added', 5), remove: users('removed', 4), pages: 4, sync_task_id: randomUUID() }
  const whole = [
    ['added', { segment, users: sync.add }],
    ['removed', { segment, users: sync.remove }],
  ]
  const order = [3, 1, 4, 3, 2]
  expect(await send({ ...sync, order, repeat: 1 })).toEqual([
    ...order.map((page) => [page, 200]),
    // Byte for byte what came before.
    ...order.map((page) => [page, 401]),
  ])
  expect(await posted()).toEqual(whole)
  // Heap heard no answer, and signs anew.
  for (const order of [[2], [1, 2, 3, 4]]) {
    expect(await send({ ...sync, order })).toEqual(order.map((page) => [page, 200]))
  }
  expect(await posted()).toEqual(whole)
})

it('a page of 5 MB is whole', async () => {
  const add = users('a-long-name-that-comes-before-the-number', 80_000)
  expect(JSON.stringify(add.map((id) => ({ id }))).length).toBeGreaterThan(5_000_000)
  expect(await send({ add })).toEqual([[1, 200]])
  const [[step, input] = [], ...others] = await posted()
  expect([step, input?.users.length, others]).toEqual(['added', 80_000, []])
  expect(input?.users).toEqual(add)
})

it('what was changed on its way, signed by somebody else or long ago starts nothing, however often it is tried', async () => {
  const bad = [{ tamper: true }, { secret: 'local-webhook-secrez' }, { age_ms: 61_000 }, { age_ms: -5000 }]
  const sent = await Promise.all(bad.map((changed) => send({ add: users('added', 1), ...changed })))
  expect(sent).toEqual(bad.map(() => [[1, 401]]))
  expect(await ids()).toEqual([])
})

it('a segment that is emptied is one run, though that comes again', async () => {
  const drain = { action_type: 'segment.users.drain' }
  expect(await send({ ...drain, repeat: 1 })).toEqual([
    [undefined, 200],
    [undefined, 401],
  ])
  expect(await send(drain)).toEqual([[undefined, 200]])
  expect(await posted()).toEqual([['drained', { segment, users: [] }]])
})

it('a segment that nobody waits for is taken, and starts nothing', async () => {
  expect(await send({ segment: { ...segment, name: 'Others' }, add: users('added', 1) })).toEqual([[1, 200]])
  expect(await ids()).toEqual([])
})
