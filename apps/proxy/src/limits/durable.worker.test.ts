import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import * as workers from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../env.ts'
import { appBudget, identityLimiter } from './durable.ts'
import { objectName } from './permits.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const env = workers.env as unknown as Env
const { IDENTITY_LIMITER: namespace } = env

describe('itty-durable, as it is used here', () => {
  it('can be awaited', async () => {
    const limiter = await Promise.resolve(identityLimiter(namespace, 'awaited'))
    expect(await limiter.take(1, 0)).toEqual({
      waitMs: 0,
      quotas: [
        { remaining: 29, resetMs: 30_000 },
        { remaining: 999, resetMs: 60_000 },
      ],
    })
  })

  it('is given names that are neither ids nor identities', async () => {
    const name = objectName('123456789:identity:josé@example.com')
    expect(name).toMatch(/^i:[\w-]{43}$/)
    expect(objectName('123456789:identity:jose@example.com')).not.toBe(name)
  })

  it('gets no binding and takes no header for a name', async () => {
    const stub = namespace.getByName('bindings')
    await identityLimiter(namespace, 'bindings').take(1, 0)
    await runInDurableObject(stub, (instance) => {
      const { state } = instance as unknown as { state: Record<string, unknown> }
      expect(state.APP_BUDGET).toBeUndefined()
      expect(state.ASSETS).toBeUndefined()
    })
  })

  it('stores the windows and nothing else, and goes on from them after an eviction', async () => {
    const limiter = identityLimiter(namespace, 'evicted')
    const stub = namespace.getByName('evicted')
    for (let i = 0; i < 30; i++) await limiter.take(10, 0)
    await runInDurableObject(stub, async (instance, state) => {
      ;(instance as unknown as { flush(): void }).flush()
      await state.storage.sync()
      expect([...(await state.storage.list()).keys()]).toEqual(['data'])
      expect(await state.storage.get('data')).toEqual({ logs: [[[Date.now(), 30]], [[Date.now(), 300]]] })
    })
    await evictDurableObject(stub)
    expect((await limiter.take(1, 0)).waitMs).toBe(30_000)
    vi.setSystemTime(Date.now() + 30_000)
    expect((await limiter.take(701, 0)).waitMs).toBe(30_000)
    expect((await limiter.take(700, 0)).waitMs).toBe(0)
  })

  it('writes nothing while the answer is made, and stays in memory until it is written', async () => {
    const limiter = identityLimiter(namespace, 'unwritten')
    const look = () =>
      runInDurableObject(namespace.getByName('unwritten'), async (instance, state) => ({
        stored: (await state.storage.list()).size,
        pending: (instance as unknown as { state: { flush?: unknown } }).state.flush !== undefined,
      }))
    await limiter.take(1, 0)
    expect(await look()).toEqual({ stored: 0, pending: true })
    await vi.waitFor(async () => expect(await look()).toEqual({ stored: 1, pending: false }), 5000)
  })

  it('tells an error by status and message', async () => {
    const limiter = identityLimiter(namespace, 'broken')
    await limiter.take(1, 0)
    await runInDurableObject(namespace.getByName('broken'), (instance) => {
      Object.assign(instance, {
        take() {
          throw Object.assign(new Error('no'), { status: 418 })
        },
      })
    })
    await expect(limiter.take(1, 0)).rejects.toMatchObject({ status: 418, message: 'no' })
  })
})

describe('the budget of an environment', () => {
  it('grants ahead what is left, and nothing when that is not enough', async () => {
    const budget = appBudget(env.APP_BUDGET, 'app:1')
    expect(await budget.lease(14_000, 500, 0)).toMatchObject({ waitMs: 0, granted: 14_500 })
    expect(await budget.lease(400, 500, 0)).toMatchObject({ waitMs: 0, granted: 500 })
    expect(await budget.lease(1, 0, 0)).toMatchObject({ waitMs: 60_000, granted: 0 })
  })
})
