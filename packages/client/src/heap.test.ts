import { expect, it } from 'vitest'
import { createCheck } from './check/index.ts'
import { fakeWorld, json } from './fakes.ts'
import { createHeap } from './heap.ts'

const timestamp = '2026-01-01T00:00:00.000Z'

it('sends one record in the single form of each route', async () => {
  const { options, seen } = fakeWorld()
  const heap = createHeap({ appId: '123456789', ...options })
  await heap.track({ event: 'Login', user_id: '42', session_id: '7' })
  await heap.identify({ user_id: '42', identity: 'alice@example.com' })
  await heap.addUserProperties({ identity: 'alice@example.com', properties: { plan: 'pro' } })
  await heap.addAccountProperties({ account_id: 'Acme', properties: { seats: 5 } })

  const app_id = '123456789'
  expect(seen.map(({ url, body }) => [url, body])).toEqual([
    [
      'https://heapanalytics.com/api/track',
      { app_id, event: 'Login', user_id: '42', session_id: '7', timestamp, idempotency_key: 'key-0' },
    ],
    ['https://heapanalytics.com/api/v1/identify', { app_id, user_id: '42', identity: 'alice@example.com', timestamp }],
    [
      'https://heapanalytics.com/api/add_user_properties',
      { app_id, identity: 'alice@example.com', properties: { plan: 'pro' } },
    ],
    ['https://heapanalytics.com/api/add_account_properties', { app_id, account_id: 'Acme', properties: { seats: 5 } }],
  ])
})

it('leaves the app_id to the proxy', async () => {
  const { options, seen } = fakeWorld()
  const heap = createHeap({ endpoint: 'https://heap.example.com/edge/', ...options })
  await heap.addUserProperties({ identity: 'a' })
  await heap.addUserProperties([{ identity: 'a' }])
  expect(seen.map(({ url, text }) => [url, text])).toEqual([
    ['https://heap.example.com/edge/api/add_user_properties', '{"identity":"a"}'],
    ['https://heap.example.com/edge/api/add_user_properties', '{"users":[{"identity":"a"}]}'],
  ])
})

it('keeps the time and the key that a record brings', async () => {
  const { options, seen } = fakeWorld()
  const heap = createHeap({ appId: '1', ...options })
  const own = { timestamp: new Date('2017-03-10T22:21:56Z'), idempotency_key: 'order-1' }
  expect(await heap.track({ event: 'Purchase', identity: 'a', ...own })).toEqual({
    outcome: 'delivered',
    idempotency_key: 'order-1',
  })
  expect(seen[0]?.body).toMatchObject({ timestamp: '2017-03-10T22:21:56.000Z', idempotency_key: 'order-1' })
})

it('sends a retry byte by byte as the first attempt, so that it cannot double the event', async () => {
  const { options, seen } = fakeWorld((_, index) => (index < 3 ? json(503) : json(200)))
  const heap = createHeap({ appId: '1', ...options })
  expect(await heap.track({ event: 'Purchase', identity: 'a' })).toEqual({
    outcome: 'delivered',
    idempotency_key: 'key-0',
  })
  expect(seen).toHaveLength(4)
  expect(new Set(seen.map(({ text }) => text)).size).toBe(1)
  expect(seen[3]?.at).toBeGreaterThan(seen[0]?.at ?? Infinity)
})

it('does not change the record that it is given', async () => {
  const record = Object.freeze({ event: 'Login', identity: 'a' })
  await createHeap({ appId: '1', ...fakeWorld().options }).track(record)
  expect(record).toEqual({ event: 'Login', identity: 'a' })
})

it('rejects with the error of the one record', async () => {
  const { options } = fakeWorld(() => json(400))
  const heap = createHeap({ appId: '1', ...options })
  await expect(heap.track({ event: 'Login', identity: 'a' })).rejects.toMatchObject({
    name: 'HeapRequestError',
    status: 400,
  })
  const busy = createHeap({ appId: '1', ...fakeWorld(() => json(429)).options })
  await expect(busy.track({ event: 'Login', identity: 'a' })).rejects.toMatchObject({ name: 'HeapRateLimitError' })
})

it('rejects with the reason of the signal', async () => {
  const heap = createHeap({ appId: '1', ...fakeWorld().options })
  const call = heap.track({ event: 'Login', identity: 'a' }, { signal: AbortSignal.abort() })
  await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  const signal = AbortSignal.abort(null)
  await expect(heap.track({ event: 'Login', identity: 'a' }, { signal })).rejects.toBe(null)
})

it('rejects what is no JSON, and no record at all', async () => {
  const { options, seen } = fakeWorld()
  const heap = createHeap({ appId: '1', ...options })
  await expect(heap.track({ event: 'Login', identity: 'a', properties: { n: 1n as never } })).rejects.toThrow(TypeError)
  await expect(heap.track(null as never)).rejects.toThrow(TypeError)
  await expect(heap.track('Login' as never)).rejects.toThrow(TypeError)
  expect(seen).toEqual([])
})

it('has a record looked at before it is sent', async () => {
  const { options, seen } = fakeWorld()
  const heap = createHeap({ appId: '1', check: createCheck(), ...options })
  await expect(heap.track({ event: '', identity: 'guest' })).rejects.toMatchObject({
    name: 'HeapRequestError',
    problems: [{ pointer: '/event' }, { pointer: '/identity' }],
  })
  expect(seen).toEqual([])

  const long = 'x'.repeat(2000)
  const { warnings } = await heap.track({
    event: 'Read',
    identity: 7,
    properties: { paid: true, cart: { n: 1 }, long },
  })
  expect(warnings).toEqual([{ pointer: '/properties/long', detail: expect.stringContaining('cut') }])
  expect(seen[0]?.body).toMatchObject({
    identity: '7',
    properties: { paid: 'true', 'cart.n': 1, long: 'x'.repeat(1024) },
    timestamp,
  })
})
