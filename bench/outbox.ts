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
import { startWorkers } from '../scripts/workers.ts'
import { type Seen, startHeap } from './heap.ts'
import { JSON_BODY, measure, median, printRatios } from './measure.ts'
import { numbers } from './numbers.ts'

const { rounds, seconds, connections, records } = numbers({ rounds: 5, seconds: 2, connections: 32, records: 100_000 })

const ADMIN_TOKEN = 'bench-admin-token'
const RECORDS_PER_REQUEST = 1000
/** How often it is drained: each time another proxy, since Heap's windows make one wait for a minute. */
const DRAINS = 3
/** Heap's longest window, with the margin of the limiter and the life of a lease. */
const WINDOW_MS = 63_000

// So many environments and identities that none of Heap's limits delays the drain.
const appIds = Array.from({ length: 8 }, (_, index) => String(100 + index))
const IDENTITIES = 200

const storage = await mkdtemp(join(tmpdir(), 'heap-edge-'))
const heap = await startHeap()
const stops: (() => unknown)[] = [() => heap.stop()]

/** A proxy with a storage and a Heap of its own; that one refuses everything at first. */
async function startProxy(name: string) {
  const refusing = await startHeap()
  stops.push(() => refusing.stop())
  await refusing.answer('refuse')
  const bindings = {
    HEAP_APP_ID: '100',
    HEAP_EXTRA_APP_IDS: appIds.join(','),
    HEAP_BASE_URL: refusing.url,
    OUTBOX_MAX_ROWS: '10000000',
    OUTBOX_MAX_BYTES: '5000000000',
    ADMIN_TOKEN,
  }
  const workers = await startWorkers(
    [
      { app: 'proxy', port: 0, bindings, withoutAssets: true },
      { app: 'baselines', port: 0, bindings: { HEAP_BASE_URL: heap.url } },
    ],
    join(storage, name),
    // A line for each request that is queued: what the platform takes is not ours to measure.
    () => undefined,
  )
  const stop = () => workers.stop()
  stops.push(stop)
  return { stop, url: workers.urls.proxy, forwarder: `${workers.urls.baselines}/forward/api/track`, heap: refusing }
}

type Proxy = Awaited<ReturnType<typeof startProxy>>

let serial = 0
const event = (identity: string) => ({
  event: 'Purchase',
  identity,
  properties: { amount: 25, currency: 'EUR', plan: 'pro', items: 3 },
  timestamp: '2026-11-24T06:00:00.000Z',
  idempotency_key: `bench-${serial++}`,
})

const one = () => JSON.stringify({ app_id: '100', ...event('one@example.com') })
const many = () => JSON.stringify({ app_id: '100', ...event(`user-${serial % 1000}@example.com`) })

async function post(to: string, body: string): Promise<number> {
  const response = await fetch(to, { method: 'POST', headers: JSON_BODY, body })
  await response.arrayBuffer()
  return response.status
}

async function accepting(proxy: Proxy): Promise<void> {
  const url = `${proxy.url}/api/track`
  const variants = [
    { name: 'bare forwarder', url: proxy.forwarder, body: one },
    { name: 'stored, one identity', url, body: one, target: ['bare forwarder', 0.3] },
    { name: 'stored, 1000 identities', url, body: many, target: ['bare forwarder', 0.3] },
  ] as const
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

/** Fills the outbox of a proxy in bodies of 1000 events. */
async function fill(proxy: Proxy): Promise<void> {
  for (const app_id of appIds) {
    for (let left = Math.ceil(records / appIds.length); left > 0; left -= RECORDS_PER_REQUEST) {
      const events = Array.from({ length: Math.min(left, RECORDS_PER_REQUEST) }, () =>
        event(`${app_id}-${serial % IDENTITIES}@example.com`),
      )
      const status = await post(`${proxy.url}/api/track`, JSON.stringify({ app_id, events }))
      if (status !== 202) throw new Error(`Filling was answered ${status}`)
    }
  }
}

/** Milliseconds from the word to begin to the last request that Heap got, and these requests. */
async function drain(proxy: Proxy): Promise<{ ms: number; seen: Seen[] }> {
  const admin = { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } }
  await proxy.heap.answer('take')
  // The objects are in memory, as they are while they drain: what starting them costs is not measured.
  await fetch(`${proxy.url}/admin/outbox`, admin)
  const began = Date.now()
  await fetch(`${proxy.url}/admin/outbox/retry`, { method: 'POST', ...admin })
  const { seen, lastAt } = await proxy.heap.quiet()
  const count = seen.reduce((sum, { body }) => sum + (JSON.parse(body) as { events: unknown[] }).events.length, 0)
  if (count !== records) throw new Error(`${count} of ${records} records were drained`)
  // It would go on with giving its identities back, beside the next one that is measured.
  await proxy.stop()
  return { ms: lastAt - began, seen }
}

async function draining(proxies: readonly Proxy[]): Promise<void> {
  for (const proxy of proxies) await fill(proxy)
  // What was tried while it filled must not count any more.
  await sleep(WINDOW_MS)
  const [drained, straight]: [number[], number[]] = [[], []]
  let requests = 0
  for (const proxy of proxies) {
    const { ms, seen } = await drain(proxy)
    drained.push(ms)
    requests = seen.length
    const start = Date.now()
    for (const { path, body } of seen) await post(heap.url + path, body)
    straight.push(Date.now() - start)
    console.error(`drained ${drained.length} of ${proxies.length}`)
  }
  const ratio = median(drained) / median(straight)
  const row = (all: number[]) => ({ requests, ms: median(all), all: all.join(', ') })
  console.table({
    'straight from Node': { ...row(straight), ratio: '1.00', target: '' },
    'drained by the outbox': {
      ...row(drained),
      ratio: ratio.toFixed(2),
      target: `wanted at most 1.5: ${ratio <= 1.5 ? 'met' : 'MISSED'}`,
    },
  })
}

try {
  const proxies = await Promise.all(Array.from({ length: DRAINS }, (_, index) => startProxy(`drain-${index}`)))
  await draining(proxies)
  await accepting(await startProxy('accept'))
} finally {
  await Promise.all(stops.map((stop) => stop()))
  await rm(storage, { recursive: true, force: true })
}
