import { expect, expectTypeOf, it } from 'vitest'
import { fakeWorld } from './fakes.ts'
import { createHeap } from './heap.ts'
import type { RecordResult, Report } from './results.ts'

const { options, seen } = fakeWorld()

interface Events {
  Purchase: { amount: number; coupon?: string }
  Login: { method?: 'password' | 'passkey' }
  /** As a schema without fields says it. */
  Visit: Record<string, never>
}

it('makes a wrong property of a typed event a compile error', async () => {
  const heap = createHeap<Events>({ appId: '1', ...options })
  const identity = 'alice@example.com'
  await heap.track({ event: 'Purchase', identity, properties: { amount: 7.5 } })
  await heap.track({ event: 'Login', user_id: 42 })
  await heap.track({ event: 'Visit', user_id: 42 })
  await heap.track([
    { event: 'Purchase', identity, properties: { amount: 7.5, coupon: 'SPRING' } },
    { event: 'Login', identity, properties: { method: 'passkey' } },
  ])
  // @ts-expect-error amount is a number
  await heap.track({ event: 'Purchase', identity, properties: { amount: '7.5' } })
  // @ts-expect-error amount is missing
  await heap.track({ event: 'Purchase', identity, properties: {} })
  // @ts-expect-error properties are missing
  await heap.track({ event: 'Purchase', identity })
  // @ts-expect-error there is no such property
  await heap.track({ event: 'Purchase', identity, properties: { amount: 1, amuont: 2 } })
  // @ts-expect-error there is no such event
  await heap.track({ event: 'Purchsae', identity, properties: { amount: 7.5 } })
  // @ts-expect-error one of a list is wrong
  await heap.track([{ event: 'Login', identity, properties: { method: 'guess' } }])
  // Types only: it is sent as it is.
  expect(seen).toHaveLength(10)
})

it('takes any event without an event map', async () => {
  const heap = createHeap({ appId: '1', ...options })
  await heap.track({ event: 'Anything', identity: 7, properties: { a: { b: [1, 'x', null, true] }, at: new Date(0) } })
  // @ts-expect-error an event has one subject
  await heap.track({ event: 'Anything', identity: 'a', user_id: '1' })
  // @ts-expect-error an event has a subject
  await heap.track({ event: 'Anything' })
  // @ts-expect-error a function is no property
  await heap.track({ event: 'Anything', identity: 'a', properties: { f: () => {} } })
  // @ts-expect-error users are known by identities
  await heap.addUserProperties({ user_id: '1', properties: {} })
  expect(seen.length).toBeGreaterThan(0)
})

it('gives one record its result, and a list a report', () => {
  const heap = createHeap({ endpoint: 'https://heap.example.com', ...options })
  expectTypeOf(heap.track({ event: 'e', identity: 'a' })).resolves.toEqualTypeOf<RecordResult>()
  expectTypeOf(heap.track([{ event: 'e', identity: 'a' }])).resolves.toEqualTypeOf<Report>()
  expectTypeOf(heap.identify(new Set([{ user_id: 1, identity: 'a' }]))).resolves.toEqualTypeOf<Report>()
  async function* users() {
    yield { identity: 'a' }
  }
  expectTypeOf(heap.addUserProperties(users())).resolves.toEqualTypeOf<Report>()
})

it('needs an appId or an endpoint', () => {
  // @ts-expect-error neither is given
  expectTypeOf(createHeap).toBeCallableWith({})
  expectTypeOf(createHeap).toBeCallableWith({ appId: '1' })
  expectTypeOf(createHeap).toBeCallableWith({ endpoint: 'https://heap.example.com', region: 'eu' })
})
