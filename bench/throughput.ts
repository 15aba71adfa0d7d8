/**
 * `npm run bench`: requests per second of the proxy's `/api/track` and of one hop to a Durable Object, each as a ratio to a
 * bare Worker that only forwards, in one run on workerd with no development server in front.
 *
 * The variants take turns, round by round, so that what else the machine does falls on all of them alike. An answer that is
 * not 200 ends the run: a number with refusals in it would be none.
 *
 *     npm run bench -- --rounds 5 --seconds 3 --connections 32
 * @module
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startWorkers } from '../scripts/workers.ts'
import { JSON_BODY, measure, printRatios } from './measure.ts'
import { numbers } from './numbers.ts'

const { rounds, seconds, connections } = numbers({ rounds: 5, seconds: 2, connections: 32 })

/** By then each limiter has written its windows for the first time. */
const FIRST_FLUSH_MS = 2000

/** Heap that answers at once. */
const heap = createServer((request, response) => {
  request.resume()
  request.on('end', () => response.setHeader('Content-Type', 'application/json').end('{}'))
}).listen(0, '127.0.0.1')
await once(heap, 'listening')

// So many environments and identities that none of Heap's limits is reached.
const appIds = Array.from({ length: 8 }, (_, index) => String(100 + index))
const IDENTITIES = 600

const bindings = {
  HEAP_APP_ID: '123456789',
  HEAP_EXTRA_APP_IDS: appIds.join(','),
  HEAP_BASE_URL: `http://127.0.0.1:${(heap.address() as AddressInfo).port}`,
}
const workers = await startWorkers([
  { app: 'proxy', port: 0, bindings, withoutAssets: true },
  { app: 'baselines', port: 0, bindings },
])

let serial = 0
function event(): string {
  const n = serial++ % IDENTITIES
  return JSON.stringify({
    app_id: appIds[n % appIds.length],
    event: 'Purchase',
    identity: `user-${n}@example.com`,
    properties: { amount: 25, currency: 'EUR', plan: 'pro', items: 3 },
    timestamp: '2026-11-24T06:00:00.000Z',
    idempotency_key: `bench-${serial}`,
  })
}

const variants = [
  { name: 'bare forwarder', url: `${workers.urls.baselines}/forward/api/track` },
  { name: '/api/track', url: `${workers.urls.proxy}/api/track`, target: ['bare forwarder', 0.5] },
  { name: 'native RPC hop', url: `${workers.urls.baselines}/native` },
  { name: 'itty-durable hop', url: `${workers.urls.baselines}/itty`, target: ['native RPC hop', 0.7] },
] as const

const perSecond = new Map<string, number[]>(variants.map(({ name }) => [name, []]))
try {
  // Every limiter is in memory, and its storage made, before anything is measured: what counts is the hot path, not the
  // first event of an identity.
  for (let n = 0; n < IDENTITIES; n++) {
    const { status } = await fetch(variants[1].url, { method: 'POST', headers: JSON_BODY, body: event() })
    if (status !== 200) throw new Error(`The warm-up was answered ${status}`)
  }
  await sleep(FIRST_FLUSH_MS)
  for (const { url } of variants) await measure({ url, body: event, seconds: 1, connections })
  for (let round = 0; round < rounds; round++) {
    for (const { name, url } of variants)
      perSecond.get(name)?.push(await measure({ url, body: event, seconds, connections }))
    console.error(`round ${round + 1} of ${rounds}`)
  }
} finally {
  await workers.stop()
  heap.close()
}

printRatios(variants, perSecond)
