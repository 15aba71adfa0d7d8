import { beforeEach, describe, expect, it } from 'vitest'
import { addFault, advance, APP, call, lastNote, list, post, reset, stats, told, track } from './testing.ts'
import type { Snapshot } from './types.ts'

beforeEach(reset)

const event = { event: 'e', identity: 'a' }

describe('faults', () => {
  it('answer in place of Heap, and nothing is stored', async () => {
    await addFault({ path: '/api/track', status: 429, retryAfter: 7, times: 1 })
    const hit = await track(event)
    expect([hit.status, hit.headers.get('Retry-After'), await hit.text()]).toEqual([429, '7', '{}'])
    expect(await lastNote()).toBe('answered 429 by a fault')
    expect((await track(event)).headers.has('Retry-After')).toBe(false)
    expect(await stats()).toMatchObject({ requests: 2, events: 1 })
  })

  it('hit bad requests, tokens and deletions as well', async () => {
    await addFault({ status: 503 })
    expect((await post('/api/track', '{')).status).toBe(503)
    expect((await call('/api/public/v0/auth_token', { method: 'POST' })).status).toBe(503)
    expect((await call('/api/public/v0/deletion_status/1')).status).toBe(503)
    await call('/_sandbox/faults', { method: 'DELETE' })
    expect((await track(event)).status).toBe(200)
  })

  it.each([204, 304])('can answer %i, which has no body', async (status) => {
    await addFault({ status })
    expect(await told(track(event))).toEqual([status, ''])
  })

  it.each([
    ['before', 0, 'the connection was cut by a fault, nothing was stored'],
    ['after', 1, 'then the connection was cut by a fault'],
    [true, 1, 'then the connection was cut by a fault'],
  ])('drop: %j cuts the connection', async (drop, events, note) => {
    await addFault({ drop, times: 1 })
    await expect(track(event).then((response) => response.text())).rejects.toThrow('cut by a fault')
    expect(await stats()).toMatchObject({ events })
    expect(await list('requests')).toMatchObject([{ status: null, note }])
    expect((await track(event)).status).toBe(200)
  })

  it('can delay', async () => {
    await addFault({ latencyMs: 30 })
    const start = performance.now()
    expect((await track(event)).status).toBe(200)
    expect(performance.now() - start).toBeGreaterThanOrEqual(25)
  })

  it('are refused with a sentence, and shown', async () => {
    expect(await told(post('/_sandbox/faults', { status: 99 }))).toEqual([
      400,
      '{"error":"status must be a whole number from 200 to 599."}',
    ])
    expect(await told(post('/_sandbox/faults', '{'))).toEqual([400, '{"error":"A fault is a JSON object."}'])
    expect(await told(post('/_sandbox/faults', { status: 500 }))).toEqual([200, '{"faults":[{"status":500}]}'])
  })
})

describe('the clock', () => {
  it('moves on, and what is stored has its time', async () => {
    await advance(366 * 86_400_000)
    await track(event)
    const [stored] = await list('events')
    expect(Date.parse(stored?.received_at ?? '') - Date.now()).toBeGreaterThan(365 * 86_400_000)
  })

  it.each([{}, { advanceMs: -1 }, { advanceMs: 1.5 }, { advanceMs: '5' }, { advanceMs: 1e12 }, []])(
    'does not take %j',
    async (body) => {
      expect((await post('/_sandbox/clock', body)).status).toBe(400)
    },
  )

  it('stops at 100 years', async () => {
    const year = { advanceMs: 366 * 86_400_000 }
    for (let i = 0; i < 100; i++) await post('/_sandbox/clock', year)
    expect((await post('/_sandbox/clock', year)).status).toBe(400)
  })
})

describe('lists', () => {
  it('are as long as wanted, newest first, of one identity where wanted', async () => {
    await track({ events: ['a', 'b', 'a'].map((identity, index) => ({ event: `e${index}`, identity })) })
    expect((await list('events', '?limit=2')).map(({ event }) => event)).toEqual(['e2', 'e1'])
    expect((await list('events', '?identity=a')).map(({ event }) => event)).toEqual(['e2', 'e0'])
    expect((await list('requests', '?identity=b')).map(({ identities }) => identities)).toEqual([['a', 'b']])
    expect(await list('requests', '?identity=c')).toEqual([])
  })

  it.each(['0', '-1', '1.5', 'x', '100001'])('limit=%s is refused', async (limit) => {
    expect((await call(`/_sandbox/events?limit=${limit}`)).status).toBe(400)
  })

  it('may be larger than one call between Workers may carry', async () => {
    const properties = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`p${i}`, 'x'.repeat(1000)]))
    for (let i = 0; i < 10; i++) {
      const events = Array.from({ length: 100 }, () => ({ event: 'e', user_id: i, properties }))
      expect((await track({ events })).status).toBe(200)
    }
    const { length } = await (
      await call('/_sandbox/events?limit=1000')
    )
      .arrayBuffer()
      .then(({ byteLength }) => ({ length: byteLength }))
    expect(length).toBeGreaterThan(40_000_000)
  })
})

describe('the snapshot', () => {
  it('holds what the page shows, shortened', async () => {
    const properties = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`p${i}`, i]))
    await track({ ...event, properties })
    await track({ event: '' })
    await post('/api/add_account_properties', { app_id: APP, account_id: 'acme' })
    const snapshot = await (await call('/_sandbox/snapshot')).json<Snapshot>()
    expect(snapshot).toMatchObject({
      stats: { requests: 3, events: 1, users: 1, accounts: 1 },
      rate: { limit: 30, window_s: 30, busiest: { identity: 'a', requests: 1 } },
      users: [{ identity: 'a', more: 0 }],
      events: [{ event: 'e', more: 8 }],
      accounts: [{ account_id: 'acme' }],
      refused: [{ status: 400 }],
    })
    expect(Object.keys(snapshot.events[0]?.properties ?? {})).toHaveLength(12)
  })
})

describe('reset', () => {
  it('empties everything', async () => {
    await track(event)
    await addFault({ path: '/api/v1/identify', status: 500 })
    await advance(86_400_000)
    await reset()
    expect(await stats()).toEqual({
      requests: 0,
      events: 0,
      users: 0,
      accounts: 0,
      duplicates: 0,
      max: { requestsPerIdentity30s: 0, eventsPerIdentity60s: 0, eventsPerApp60s: 0 },
    })
    const { now, faults } = await (await call('/_sandbox/snapshot')).json<Snapshot>()
    expect(faults).toEqual([])
    expect(Date.parse(now) - Date.now()).toBeLessThan(1000)
  })

  it('and all other changes are not for pages of other sites', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site' }
    expect((await call('/_sandbox/reset', { method: 'POST', headers })).status).toBe(403)
    expect((await call('/_sandbox/faults', { method: 'DELETE', headers })).status).toBe(403)
    expect((await call('/_sandbox/stats', { headers })).status).toBe(200)
  })
})

describe('other routes', () => {
  it('of the sandbox are answered 404', async () => {
    expect(await told(call('/_sandbox/unknown'))).toEqual([404, '{"error":"There is no such route."}'])
    expect((await call('/', { method: 'POST' })).status).toBe(404)
  })
})
