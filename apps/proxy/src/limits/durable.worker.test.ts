import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import * as workers from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../env.ts'
import { appBudget, identityLimiter } from './durable.ts'
import { NOBODY } from './holder.ts'
import { limiterName } from './permits.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const env = workers.env as unknown as Env
const { IDENTITY_LIMITER: namespace } = env

describe('itty-durable, as it is used here', () => {
  it('can be awaited', async () => {
    const limiter = await Promise.resolve(identityLimiter(namespace, 'awaited'))
    expect(await limiter.take(1, 0)).toEqual({
      waitMs: 0,
      holder: NOBODY,
      quotas: [
        { remaining: 29, resetMs: 30_000 },
        { remaining: 999, resetMs: 60_000 },
      ],
    })
  })

  it('is given names that are neither ids nor identities', async () => {
    const name = limiterName('123456789', 'identity:josé@example.com')
    expect(name).toMatch(/^i:[\w-]{43}$/)
    expect(limiterName('123456789', 'identity:jose@example.com')).not.toBe(name)
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
    await limiter.take(10, 0)
    await runInDurableObject(stub, async (_, state) => {
      expect([...(await state.storage.list()).keys()]).toEqual(['data'])
      const logs = [[[Date.now(), 1]], [[Date.now(), 10]]]
      expect(await state.storage.get('data')).toEqual({
        logs,
        ahead: undefined,
        holder: NOBODY,
        since: 0,
        suppressedUntil: 0,
        suppressedBy: 0,
      })
    })
    await evictDurableObject(stub)
    expect((await limiter.take(990, 0)).quotas).toEqual([
      { remaining: 28, resetMs: 30_000 },
      { remaining: 0, resetMs: 60_000 },
    ])
  })

  it('comes back from a crash with the worst: for a window, what may have passed unstored cannot pass again', async () => {
    const limiter = identityLimiter(namespace, 'crashed')
    for (let i = 0; i < 5; i++) await limiter.take(1, 0)
    // Nothing is written at the end of an object: an eviction is to it as a crash is.
    await evictDurableObject(namespace.getByName('crashed'))
    // Two requests are stored, and ten may have passed since.
    expect((await limiter.take(1, 0)).quotas[0]?.remaining).toBe(30 - 2 - 10 - 1)
    vi.setSystemTime(Date.now() + 30_000)
    expect((await limiter.take(1, 0)).quotas[0]?.remaining).toBe(29)
  })

  it('writes nothing for most of what a busy identity sends', async () => {
    const limiter = identityLimiter(namespace, 'busy')
    const stored = () =>
      runInDurableObject(namespace.getByName('busy'), (_, state) => state.storage.get<{ logs: unknown }>('data'))
    for (let i = 0; i < 2; i++) await limiter.take(1, 0)
    const before = await stored()
    for (let i = 0; i < 10; i++) await limiter.take(1, 0)
    expect(await stored()).toEqual(before)
    await limiter.take(1, 0)
    expect(await stored()).not.toEqual(before)
  })

  it('deletes what it stored when nobody has come for a while, and not before', async () => {
    const limiter = identityLimiter(namespace, 'idle')
    const stub = namespace.getByName('idle')
    const size = () => runInDurableObject(stub, async (_, state) => (await state.storage.list()).size)
    await limiter.take(1, 0)
    vi.setSystemTime(Date.now() + 200_000)
    await limiter.take(1, 0)
    vi.setSystemTime(Date.now() + 200_000)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await size()).toBe(1)
    vi.setSystemTime(Date.now() + 300_000)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await size()).toBe(0)
    expect((await limiter.take(1, 0)).quotas[0]?.remaining).toBe(29)
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

describe('an identity that the outbox holds', () => {
  it('is counted there, and comes back with what was sent', async () => {
    const limiter = identityLimiter(namespace, 'held')
    const now = Date.now()
    await limiter.take(5, 0)
    expect(await limiter.hold(2, 1, 0)).toEqual({ holder: 2, logs: [[[now, 1]], [[now, 5]]] })
    expect(await limiter.take(1, 0)).toEqual({ waitMs: 0, quotas: [], holder: 2 })
    await evictDurableObject(namespace.getByName('held'))
    expect(await limiter.look()).toEqual({ holder: 2 })
    expect(await limiter.hold(3, 9, 0)).toMatchObject({ holder: 2 })
    expect(await limiter.release(3, 9, 0, 0)).toEqual({ holder: 2 })
    expect(await limiter.hold(2, 7, 0)).toMatchObject({ holder: 2 })
    // A call of an earlier life of the shard that comes late.
    expect(await limiter.release(2, 6, 0, 0)).toEqual({ holder: 2 })
    expect(await limiter.release(2, 7, 0, 1, now, 20, now, 300)).toEqual({ holder: NOBODY })
    expect((await limiter.take(0, 0)).quotas.map(({ remaining }) => remaining)).toEqual([30 - 1 - 20 - 1, 1000 - 305])
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
