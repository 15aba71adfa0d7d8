import { evictDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { HEAP } from './heap.ts'
import { advance, APP, call, env, lastNote, list, OTHER_APP, post, reset, stats, told, track } from './testing.ts'

beforeEach(reset)

const many = (count: number, one: () => Promise<Response>) => Promise.all(Array.from({ length: count }, one))
const statuses = (answers: Response[]) => Map.groupBy(answers, ({ status }) => status)

describe('limits', () => {
  it('30 requests of an identity in 30 s, over both routes together', async () => {
    const event = () => track({ event: 'e', identity: 'a' })
    const user = () => post('/api/add_user_properties', { app_id: APP, identity: 'a' })
    expect(statuses([...(await many(20, event)), ...(await many(10, user))]).get(200)).toHaveLength(30)
    expect(await told(event())).toEqual([429, '{}'])
    expect((await user()).headers.has('Retry-After')).toBe(false)
    expect(await lastNote()).toBe('more than 30 requests of a in 30 s')
    expect((await track({ event: 'e', identity: 'b' })).status).toBe(200)
    expect((await track({ event: 'e', user_id: '1' })).status).toBe(200)
    expect((await track({ app_id: OTHER_APP, event: 'e', identity: 'a' })).status).toBe(200)
    await advance(30_000)
    expect((await event()).status).toBe(200)
  })

  it('nothing of a refused request is stored', async () => {
    await many(30, () => track({ event: 'e', identity: 'a' }))
    expect((await track({ events: ['a', 'b'].map((identity) => ({ event: 'e', identity })) })).status).toBe(429)
    expect(await stats()).toMatchObject({ events: 30, users: 1 })
  })

  it('1000 events of an identity in 60 s', async () => {
    const events = (count: number) => track({ events: Array(count).fill({ event: 'e', identity: 'a' }) })
    expect((await events(999)).status).toBe(200)
    expect((await events(2)).status).toBe(429)
    expect((await events(1)).status).toBe(200)
    await advance(60_000)
    expect((await events(1000)).status).toBe(200)
  })

  it('15,000 events of an environment in 60 s', async () => {
    let serial = 0
    const events = () => track({ events: Array(1000).fill({ event: 'e', identity: `i${serial++}` }) })
    expect(statuses(await many(15, events)).get(200)).toHaveLength(15)
    expect((await track({ event: 'e', identity: 'x' })).status).toBe(429)
    expect((await track({ app_id: OTHER_APP, event: 'e', identity: 'x' })).status).toBe(200)
  })
})

describe('the maxima', () => {
  it('are of all that was seen, refused or not', async () => {
    await many(40, () => track({ event: 'e', identity: 'a' }))
    await post('/api/v1/identify', { app_id: APP, user_id: '1', identity: 'a' })
    await track({ app_id: '555', events: Array(500).fill({ event: 'e', identity: 'b' }) })
    await post('/_sandbox/faults', { status: 503, times: 1 })
    await track({ events: Array(700).fill({ event: 'e', identity: 'a' }) })
    expect((await stats()).max).toEqual({
      requestsPerIdentity30s: 42,
      eventsPerIdentity60s: 740,
      eventsPerApp60s: 740,
    })
  })

  it('and everything else, survive a restart', async () => {
    await many(20, () => track({ event: 'e', identity: 'a' }))
    await advance(40_000)
    await many(5, () => track({ event: 'e', identity: 'a', idempotency_key: 'k' }))
    await post('/_sandbox/faults', { path: '/api/v1/identify', status: 503 })
    const before = await stats()
    const rate = async () => (await call('/_sandbox/rate')).json<{ until: string }>()
    let known: { until: string }
    let found: { until: string }
    do {
      known = await rate()
      await evictDurableObject(env.HEAP.getByName(HEAP))
      expect(await stats()).toEqual(before)
      found = await rate()
      // What it says is of a second; another one may have begun.
    } while (found.until !== known.until)
    expect(found).toEqual(known)
    expect((await post('/api/v1/identify', { app_id: APP, user_id: '1', identity: 'a' })).status).toBe(503)
    // 5 + 25 fill the 30 s, and 25 + 975 the 60 s before it.
    await many(25, () => track({ event: 'e', identity: 'a', idempotency_key: 'k' }))
    expect((await track({ event: 'e', identity: 'a' })).status).toBe(429)
    expect(await stats()).toMatchObject({
      requests: before.requests + 27,
      events: 21,
      duplicates: 29,
      max: { requestsPerIdentity30s: 32, eventsPerIdentity60s: 51 },
    })
    expect(await list('users')).toMatchObject([{ events: 21 }])
  })
})
