/**
 * `npm run bench:outbox`: what the outbox costs, in one run on workerd with its storage on disk.
 *
 * Accepting: requests per second of `/api/track` while Heap refuses everything, so that each record is stored, as a ratio to
 * a bare Worker that only forwards. Draining: the time in which 100,000 records that wait reach a Heap that answers at once,
 * as a ratio to the time in which Node sends it the very same requests.
 *
 *     npm run bench:outbox -- --rounds 5 --seconds 2 --connections 32 --records 100000
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startWorkers } from '../scripts/workers.ts'
import { startHeap } from './heap.ts'
import { JSON_BODY, measure, median, printRatios } from './measure.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    records: { type: 'string', default: '100000' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const records = Number(values.records)

const ADMIN_TOKEN = 'bench-admin-token'
const RECORDS_PER_REQUEST = 1000
/** Heap's longest window, with the margin of the limiter and the life of a lease. */
const WINDOW_MS = 63_000

const [heap, refusing, storage] = await Promise.all([startHeap(), startHeap(), mkdtemp(join(tmpdir(), 'heap-edge-'))])
await refusing.answer('refuse')

// So many environments and identities that none of Heap's limits delays the drain.
const appIds = Array.from({ length: 8 }, (_, index) => String(100 + index))
const IDENTITIES = 200

const workers = await startWorkers(
  [
    {
      app: 'proxy',
      port: 0,
      bindings: {
        HEAP_APP_ID: '100',
        HEAP_EXTRA_APP_IDS: appIds.join(','),
        HEAP_BASE_URL: refusing.url,
        OUTBOX_MAX_ROWS: '10000000',
        OUTBOX_MAX_BYTES: '5000000000',
        ADMIN_TOKEN,
      },
      withoutAssets: true,
    },
    { app: 'baselines', port: 0, bindings: { HEAP_BASE_URL: heap.url } },
  ],
  storage,
)

let serial = 0
const event = (identity: string) => ({
  event: 'Purchase',
  identity,
  properties: { amount: 25, currency: 'EUR', plan: 'pro', items: 3 },
  timestamp: '2026-11-24T06:00:00.000Z',
  idempotency_key: `bench-${serial++}`,
})

const url = `${workers.urls.proxy}/api/track`
const one = () => JSON.stringify({ app_id: '100', ...event('one@example.com') })
const many = () => JSON.stringify({ app_id: '100', ...event(`user-${serial % 1000}@example.com`) })

async function post(to: string, body: string): Promise<number> {
  const response = await fetch(to, { method: 'POST', headers: JSON_BODY, body })
  await response.arrayBuffer()
  return response.status
}

const variants = [
  { name: 'bare forwarder', url: `${workers.urls.baselines}/forward/api/track`, body: one },
  { name: 'stored, one identity', url, body: one, target: ['bare forwarder', 0.3] },
  { name: 'stored, 1000 identities', url, body: many, target: ['bare forwarder', 0.3] },
] as const

async function accepting(): Promise<void> {
  // Whose records wait already is what is measured; how they came to wait is not.
  for (const body of [one, ...Array.from({ length: 1000 }, () => many)]) {
    const status = await post(url, body())
    if (status !== 202) throw new Error(`The warm-up was answered ${status}`)
  }
  const perSecond = new Map<string, number[]>(variants.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const variant of variants) {
      const rate = await measure({ ...variant, seconds, connections })
      // The first one only warms up.
      if (round >= 0) perSecond.get(variant.name)?.push(rate)
    }
    console.error(`round ${round + 1} of ${rounds}`)
  }
  printRatios(variants, perSecond)
}

/** Fills the outbox in bodies of 1000 events. */
async function fill(app_id: string, count: number): Promise<void> {
  for (let left = count; left > 0; left -= RECORDS_PER_REQUEST) {
    const events = Array.from({ length: Math.min(left, RECORDS_PER_REQUEST) }, () =>
      event(`${app_id}-${serial % IDENTITIES}@example.com`),
    )
    const status = await post(url, JSON.stringify({ app_id, events }))
    if (status !== 202) throw new Error(`Filling was answered ${status}`)
  }
}

async function draining(): Promise<void> {
  // Heap is down while it fills, and up when the drain begins.
  for (const app_id of appIds) await fill(app_id, Math.ceil(records / appIds.length))
  // What was tried while it filled must not count any more.
  await sleep(WINDOW_MS)
  await refusing.answer('take')
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` }
  // The objects are in memory, as they are while they drain: what starting them costs is not measured.
  await fetch(`${workers.urls.proxy}/admin/outbox`, { headers })
  const began = Date.now()
  await fetch(`${workers.urls.proxy}/admin/outbox/retry`, { method: 'POST', headers })
  const { seen, lastAt } = await refusing.quiet()
  const drained = lastAt - began
  const count = seen.reduce((sum, { body }) => sum + (JSON.parse(body) as { events: unknown[] }).events.length, 0)
  if (count !== records) throw new Error(`${count} of ${records} records were drained`)

  const straight = []
  for (let round = 0; round < rounds; round++) {
    const start = Date.now()
    for (const { path, body } of seen) await post(heap.url + path, body)
    straight.push(Date.now() - start)
  }
  const ratio = drained / median(straight)
  console.table({
    'straight from Node': { requests: seen.length, ms: median(straight), ratio: '1.00', target: '' },
    'drained by the outbox': {
      requests: seen.length,
      ms: drained,
      ratio: ratio.toFixed(2),
      target: `wanted at most 1.5: ${ratio <= 1.5 ? 'met' : 'MISSED'}`,
    },
  })
}

try {
  await draining()
  await refusing.answer('refuse')
  await accepting()
} finally {
  await workers.stop()
  heap.stop()
  refusing.stop()
  await rm(storage, { recursive: true, force: true })
}
