import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { createHeapBrowser, type HeapBrowser } from './index.ts'

const endpoint = 'https://heap.example.com'

afterEach(() => vi.restoreAllMocks())

describe('on a server', () => {
  it('does nothing, and says so', async () => {
    const timer = vi.spyOn(globalThis, 'setTimeout')
    const fetch = vi.spyOn(globalThis, 'fetch')
    const onError = vi.fn<(error: unknown) => void>()
    const heap = createHeapBrowser({ endpoint, onError })
    expect(await heap.track('Visit')).toEqual({ outcome: 'ignored' })
    expect(await heap.identify('alice')).toEqual({ outcome: 'ignored' })
    expect(await heap.addUserProperties({ plan: 'pro' })).toEqual({ outcome: 'ignored' })
    expect(await heap.addAccountProperties('acme', {})).toEqual({ outcome: 'ignored' })
    heap.addEventProperties({ site: 'shop' })
    heap.removeEventProperty('site')
    heap.clearEventProperties()
    heap.resetIdentity()
    heap.startTracking()
    heap.stopTracking()
    expect([heap.getUserId(), heap.getIdentity(), heap.getSessionId()]).toEqual([null, null, null])
    expect(await heap.flush()).toEqual({ sent: 0, rejected: 0, dropped: 0, waiting: 0 })
    await new Promise((resolve) => setImmediate(resolve))
    expect(fetch).not.toHaveBeenCalled()
    expect(onError).not.toHaveBeenCalled()
    expect(timer.mock.calls.filter(([, ms]) => ms === 0 || ms === 1000)).toEqual([])
  })

  it.each([{ endpoint: '' }, { endpoint: '/heap' }, { endpoint, appId: 'a1' }])('refuses %o at once', (options) => {
    expect(() => createHeapBrowser(options)).toThrow('bad endpoint/appId')
  })
})

describe('typed events', () => {
  it('come from an event map', () => {
    const heap = createHeapBrowser<{ Purchase: { amount: number }; Login: { method?: string } }>({ endpoint })
    expectTypeOf<Parameters<typeof heap.track>[0]>().toEqualTypeOf<'Purchase' | 'Login'>()
    void heap.track('Login')
    void heap.track('Purchase', { amount: 7.5 })
    // @ts-expect-error amount is a number
    void heap.track('Purchase', { amount: '7.5' })
    // @ts-expect-error properties are missing
    void heap.track('Purchase')
    // @ts-expect-error there is no such event
    void heap.track('Purchsae', { amount: 7.5 })
  })

  it('are any without either', () => {
    const heap = createHeapBrowser({ endpoint })
    void heap.track('Anything', { a: { b: [1, 'x'] } })
    expectTypeOf(heap).toEqualTypeOf<HeapBrowser>()
    expect(heap.getUserId()).toBe(null)
  })
})
