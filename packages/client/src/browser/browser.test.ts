import { describe, expect, expectTypeOf, it } from 'vitest'
import { fakeWorld, json, type Server } from '../fakes.ts'
import { createHeapBrowser, type HeapBrowserOptions } from './index.ts'
import type { VisitorStorage } from './visitor.ts'

const endpoint = 'https://heap.example.com'

function memoryStorage(): VisitorStorage {
  const items = new Map<string, string>()
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) }
}

/** A page: the same storage makes it the same visitor's. */
function page(server?: Server, more: Partial<HeapBrowserOptions> = {}) {
  const { options, seen } = fakeWorld(server)
  let users = 0
  const heap = createHeapBrowser({
    endpoint,
    ...options,
    storage: memoryStorage(),
    userId: () => `${100 + users++}`,
    ...more,
  })
  return { heap, sent: () => seen.map(({ url, body }) => [url.slice(endpoint.length), body]), seen }
}

it('tracks an anonymous visitor by a user_id, and a known one by the identity', async () => {
  const { heap, sent } = page()
  expect(heap.getIdentity()).toBe(null)
  expect(await heap.track('Visit')).toMatchObject({ outcome: 'delivered' })
  await heap.identify('alice@example.com')
  await heap.track('Purchase', { amount: 7.5 })
  await heap.addUserProperties({ plan: 'pro' })
  await heap.addAccountProperties('Acme', { seats: 5 })

  const identity = 'alice@example.com'
  expect(sent()).toEqual([
    ['/api/track', expect.objectContaining({ event: 'Visit', user_id: '100' })],
    ['/api/v1/identify', expect.objectContaining({ user_id: '100', identity })],
    ['/api/track', expect.objectContaining({ event: 'Purchase', identity, properties: { amount: 7.5 } })],
    ['/api/add_user_properties', { identity, properties: { plan: 'pro' } }],
    ['/api/add_account_properties', { account_id: 'Acme', properties: { seats: 5 } }],
  ])
  expect(heap.getIdentity()).toBe(identity)
  expect(heap.getUserId()).toBe('100')
})

it('remembers the visitor on the next page', async () => {
  const storage = memoryStorage()
  const first = page(undefined, { storage })
  await first.heap.identify('alice@example.com')
  const { heap, seen } = page(undefined, { storage, userId: () => '999' })
  expect([heap.getUserId(), heap.getIdentity()]).toEqual(['100', 'alice@example.com'])
  expect(await heap.identify('alice@example.com')).toBeUndefined()
  expect(seen).toEqual([])
})

describe('identify', () => {
  it.each(['', '  ', undefined, null])('ignores %j', async (identity) => {
    const { heap, seen } = page()
    expect(await heap.identify(identity as string)).toBeUndefined()
    expect(seen).toEqual([])
    expect(heap.getIdentity()).toBe(null)
  })

  it('has the next event carry the identity at once', async () => {
    const { heap, seen } = page()
    const both = [heap.identify('alice'), heap.track('Visit')]
    expect(heap.getIdentity()).toBe('alice')
    await Promise.all(both)
    expect(seen[1]?.body).toMatchObject({ event: 'Visit', identity: 'alice' })
  })

  it('begins a new visitor for another identity', async () => {
    const { heap, sent } = page()
    await heap.identify('alice')
    await heap.identify(7)
    expect(sent()).toMatchObject([
      ['/api/v1/identify', { user_id: '100', identity: 'alice' }],
      ['/api/v1/identify', { user_id: '101', identity: '7' }],
    ])
  })

  it('posts again what did not arrive, for the same user_id', async () => {
    const { heap, sent } = page((_, index) => json(index === 0 ? 503 : 200), { retry: { giveUpAfter: 0 } })
    await expect(heap.identify('alice')).rejects.toMatchObject({ name: 'HeapUnavailableError' })
    expect(heap.getIdentity()).toBe('alice')
    expect(await heap.identify('alice')).toMatchObject({ outcome: 'delivered' })
    expect(await heap.identify('alice')).toBeUndefined()
    expect(sent()).toMatchObject([
      ['/api/v1/identify', { user_id: '100' }],
      ['/api/v1/identify', { user_id: '100' }],
    ])
  })

  it('forgets an identity that is refused, and the one before too', async () => {
    const { heap } = page(({ text }) => json(text.includes('"guest"') ? 400 : 200))
    await heap.identify('alice')
    await expect(heap.identify('guest')).rejects.toMatchObject({ name: 'HeapRequestError' })
    expect([heap.getUserId(), heap.getIdentity()]).toEqual(['101', null])
  })

  it('leaves a visitor alone who has changed in the meantime', async () => {
    const { heap } = page(() => json(400))
    const refused = heap.identify('guest')
    heap.resetIdentity()
    await expect(refused).rejects.toMatchObject({ name: 'HeapRequestError' })
    expect([heap.getUserId(), heap.getIdentity()]).toEqual(['101', null])
  })
})

it('resets a known visitor, and leaves an anonymous one', async () => {
  const { heap } = page()
  heap.resetIdentity()
  expect(heap.getUserId()).toBe('100')
  await heap.identify('alice')
  heap.resetIdentity()
  expect([heap.getUserId(), heap.getIdentity()]).toEqual(['101', null])
})

it('has no properties of an anonymous visitor', async () => {
  const { heap, seen } = page()
  await expect(heap.addUserProperties({ plan: 'pro' })).rejects.toThrow('call identify first')
  expect(seen).toEqual([])
})

it('knows typed events', async () => {
  const { options } = fakeWorld()
  const heap = createHeapBrowser<{ Purchase: { amount: number }; Login: { method?: string } }>({
    endpoint,
    ...options,
    storage: memoryStorage(),
  })
  expectTypeOf<Parameters<typeof heap.track>[0]>().toEqualTypeOf<'Purchase' | 'Login'>()
  expect(await heap.track('Login')).toMatchObject({ outcome: 'delivered' })
  expect(heap.getUserId()).toMatch(/^\d{1,16}$/)
})
