/**
 * The client against the real proxy and the real sandbox, from Node and from workerd, with Heap failing on the way.
 */
import { createHeap, isHeapRequestError } from 'heap-edge'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startWorkers } from '../scripts/workers.ts'
import { type Local, startLocal } from './local.ts'

interface Stats {
  requests: number
  events: number
  duplicates: number
}

let local: Local
beforeAll(async () => {
  local = await startLocal()
})
afterAll(() => local.stop())
beforeEach(() => fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST' }))

const fault = (body: object) =>
  fetch(`${local.sandbox}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(body) }).then(({ status }) => status)

it('brings a list of any length through the proxy, in order, and tells of every record', async () => {
  const heap = createHeap({ endpoint: local.proxy })
  async function* visits() {
    for (let n = 0; n < 2500; n++) yield { event: 'Visit', identity: `reader-${n % 50}@example.com`, properties: { n } }
  }
  const { results, ...counts } = await heap.track(visits())
  expect(counts).toEqual({ delivered: 2500, queued: 0, suppressed: 0, rejected: 0, failed: 0 })
  expect(results).toHaveLength(2500)
  expect(await local.held<Stats>('stats')).toMatchObject({ requests: 3, events: 2500, duplicates: 0 })
  const { events } = await local.held<{ events: { properties: { n: number } }[] }>('events?limit=3000')
  expect(events.map(({ properties }) => properties.n).toReversed()).toEqual(Array.from({ length: 2500 }, (_, n) => n))
})

it('delivers the others where some records of a list are bad', async () => {
  const heap = createHeap({ endpoint: local.proxy })
  const records = [
    { identity: 'a@example.com', properties: { plan: 'pro' } },
    { identity: 'guest', properties: { plan: 'pro' } },
    { identity: 'b@example.com', properties: { id: 7 } },
    { identity: 'c@example.com', properties: { plan: 'free' } },
  ]
  const report = await heap.addUserProperties(records)
  expect(report).toMatchObject({ delivered: 2, rejected: 2 })
  expect(
    report.results.map(({ error }) => (isHeapRequestError(error) ? error.problems.map((p) => p.pointer) : [])),
  ).toEqual([[], ['/identity'], ['/properties/id'], []])
  const { users } = await local.held<{ users: { identity: string }[] }>('users')
  expect(users.map(({ identity }) => identity).toSorted()).toEqual(['a@example.com', 'c@example.com'])
})

it('neither loses nor doubles an event where Heap fails, or takes it and the answer is lost', async () => {
  const heap = createHeap({ appId: '123456789', endpoint: local.sandbox, retry: { base: 1, max: 5 } })
  expect(await fault({ path: '/api/track', status: 503, times: 2 })).toBeLessThan(300)
  expect(await heap.track({ event: 'A', identity: 'x' })).toMatchObject({ outcome: 'delivered' })
  expect(await fault({ path: '/api/track', drop: 'after', times: 1 })).toBeLessThan(300)
  expect(await heap.track({ event: 'B', identity: 'x' })).toMatchObject({ outcome: 'delivered' })
  expect(await local.held<Stats>('stats')).toMatchObject({ requests: 5, events: 2, duplicates: 1 })
})

it('works in an edge function that makes it at the top of the module', async () => {
  const edge = await startWorkers([{ app: 'edge', port: 0, bindings: { PROXY_URL: local.proxy } }])
  try {
    const response = await fetch(edge.urls.edge)
    expect(await response.json()).toMatchObject({ outcome: 'delivered', idempotency_key: expect.any(String) })
  } finally {
    await edge.stop()
  }
  expect(await local.held('events')).toMatchObject({ events: [{ event: 'Visit', identity: 'edge@example.com' }] })
})
