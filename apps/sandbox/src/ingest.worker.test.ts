import { beforeEach, describe, expect, it } from 'vitest'
import { advance, APP, call, lastNote, list, OTHER_APP, post, reset, stats, told, track } from './testing.ts'

beforeEach(reset)

describe('what is good', () => {
  it('an event is stored as it was sent', async () => {
    const sent = {
      event: 'Purchase',
      identity: 'alice@example.com',
      properties: { plan: 'pro', seats: 5, paid: true, tags: ['a', 'b'], nothing: null, blank: ' ' },
      timestamp: '2017-03-10T22:21:56+00:00',
      session_id: '77',
      idempotency_key: 'one',
    }
    const response = await track(sent)
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'application/json'])
    expect(await response.text()).toBe('{}')
    const [event] = await list('events')
    expect(event).toEqual({
      ...sent,
      id: 1,
      app_id: APP,
      properties: { plan: 'pro', seats: 5, paid: 'true', tags: 'a||b' },
      received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    })
    expect(await list('users')).toMatchObject([{ identity: 'alice@example.com', user_ids: [], events: 1 }])
  })

  it('without a timestamp it is when it was received; a number becomes one', async () => {
    await track({
      events: [
        { event: 'now', user_id: 42 },
        { event: 'then', user_id: '42', timestamp: 1_489_184_516 },
      ],
    })
    const [then, now] = await list('events')
    expect(now?.timestamp).toBe(now?.received_at)
    expect(then?.timestamp).toBe('2017-03-10T22:21:56.000Z')
    expect(now).toMatchObject({ user_id: '42' })
    expect(now).not.toHaveProperty('identity')
    expect(await list('users')).toMatchObject([{ user_ids: ['42'], events: 2 }])
  })

  it.each([
    ['text/plain', '{}'],
    ['', '{}'],
  ])('the content type %j does not matter', async (type, body) => {
    expect(
      await told(post('/api/track', { app_id: APP, event: 'e', identity: 'a' }, { 'Content-Type': type })),
    ).toEqual([200, body])
  })

  it('properties of users: unknown ones are created, the last write wins, in order', async () => {
    const users = [
      { identity: 'a', properties: { plan: 'free', city: 'Oslo' } },
      { identity: 'a', properties: { plan: 'pro' } },
      { identity: 'b' },
    ]
    expect(await told(post('/api/add_user_properties', { app_id: APP, users }))).toEqual([200, '{}'])
    expect(await told(post('/api/add_user_properties', { app_id: APP, identity: 'a', properties: { n: 1 } }))).toEqual([
      200,
      '{}',
    ])
    expect(await list('users')).toMatchObject([
      { identity: 'a', properties: { plan: 'pro', city: 'Oslo', n: 1 }, events: 0 },
      { identity: 'b', properties: {} },
    ])
  })

  it('properties of accounts are answered with OK', async () => {
    const response = await post('/api/add_account_properties', {
      app_id: APP,
      accounts: [{ account_id: 'acme', properties: { tier: 'gold' } }, { account_id: 7 }],
    })
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'text/plain'])
    expect(await response.text()).toBe('OK')
    await post('/api/add_account_properties', { app_id: APP, account_id: 'acme', properties: { seats: 3 } })
    expect(await list('accounts')).toMatchObject([
      { account_id: 'acme', properties: { tier: 'gold', seats: 3 } },
      { account_id: '7', properties: {} },
    ])
  })

  it('identities that merge people are taken, as Heap takes them', async () => {
    expect((await track({ event: 'e', identity: 'guest' })).status).toBe(200)
  })

  it('odd characters survive', async () => {
    const identity = 'a\u0000b"\\\u2028🙂'
    const properties = JSON.parse('{"__proto__":"x\\u0000y","{\\"":"🙂"}') as object
    await track({ event: '\u0000', identity, properties })
    const [event] = await list('events', `?identity=${encodeURIComponent(identity)}`)
    expect(event).toMatchObject({ event: '\u0000', identity })
    expect(Object.entries(event?.properties ?? {})).toEqual([
      ['__proto__', 'x\u0000y'],
      ['{"', '🙂'],
    ])
    expect((await list('users'))[0]?.identity).toBe(identity)
  })
})

describe('what is bad', () => {
  const event = { event: 'e', identity: 'a' }
  it.each<[string, unknown]>([
    ['no JSON', '{"app_id":'],
    ['a list', []],
    ['no app_id', event],
    ['an app_id that is no number', { ...event, app_id: 'test-app-id' }],
    ['both subjects', { ...event, app_id: APP, user_id: '1' }],
    ['no subject', { event: 'e', app_id: APP }],
    ['an empty name', { event: '', identity: 'a', app_id: APP }],
    ['an object in properties', { ...event, app_id: APP, properties: { a: { b: 1 } } }],
    ['no events', { app_id: APP, events: [] }],
    ['events that are no list', { ...event, app_id: APP, events: 'x' }],
    ['one bad event among good ones', { app_id: APP, events: [event, { event: 'e' }, event] }],
    ['1001 events', { app_id: APP, events: Array(1001).fill(event) }],
  ])('%s is answered 400 {}', async (_, body) => {
    expect(await told(post('/api/track', body))).toEqual([400, '{}'])
    expect(await lastNote()).toBeTruthy()
    expect(await stats()).toMatchObject({ requests: 1, events: 0, max: { requestsPerIdentity30s: 0 } })
  })

  it('the note tells what was wrong, and Heap does not', async () => {
    await track({ events: [event, { event: '' }] })
    expect(await list('requests')).toMatchObject([
      {
        method: 'POST',
        path: '/api/track',
        status: 400,
        records: 0,
        identities: [],
        note: '/events/1/event must not be empty; /events/1 needs exactly one of identity and user_id, and has neither',
      },
    ])
  })

  it.each([
    ['/api/add_user_properties', { app_id: APP, user_id: '1', properties: {} }, '{}'],
    ['/api/add_user_properties', { app_id: APP, user_properties: [{ identity: 'a' }] }, '{}'],
    ['/api/add_user_properties', { app_id: APP, identity: 'a', properties: { ID: 1 } }, '{}'],
    ['/api/v1/identify', { app_id: APP, user_id: 'x', identity: 'a' }, '{}'],
    ['/api/add_account_properties', { app_id: APP }, '/account_id must be a string'],
    [
      '/api/add_account_properties',
      { app_id: APP, account_id: 'a', accounts: [{ account_id: 'a' }] },
      'the body has account_id and accounts; one of them must go',
    ],
  ])('%s explains itself as little as Heap does', async (path, body, text) => {
    const response = await post(path, body)
    expect(response.status).toBe(400)
    expect(response.headers.get('Content-Type')).toBe(text === '{}' ? 'application/json' : 'text/plain')
    expect(await response.text()).toBe(text)
  })

  it('5 MB are enough, told beforehand or not', async () => {
    const big = JSON.stringify({ app_id: APP, event: 'e', identity: 'a', properties: { a: 'x'.repeat(5_000_000) } })
    expect((await post('/api/track', big)).status).toBe(413)
    expect(await lastNote()).toBe('more than 5000000 bytes')
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000_000).fill(32)),
    })
    expect((await call('/api/track', { method: 'POST', body: stream })).status).toBe(413)
  })

  it('a user cannot have more properties than there is room for', async () => {
    const many = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`${prefix}${i}`, 'x'.repeat(1000)]))
    const set = (properties: object) => post('/api/add_user_properties', { app_id: APP, identity: 'a', properties })
    expect((await set(many('a'))).status).toBe(200)
    expect((await set(many('b'))).status).toBe(413)
    expect((await set({ ...many('c'), ...many('d') })).status).toBe(413)
    expect((await track({ event: 'e', identity: 'b', properties: { ...many('a'), ...many('b') } })).status).toBe(413)
    expect((await set({ plan: 'pro' })).status).toBe(200)
    expect(Object.keys((await list('users'))[0]?.properties ?? {})).toHaveLength(601)
    expect(await stats()).toMatchObject({ events: 0, users: 1 })
  })

  it.each([
    ['GET', '/api/track'],
    ['PUT', '/api/track'],
    ['OPTIONS', '/api/track'],
    ['POST', '/api/tracks'],
    ['POST', '/api/track/'],
    ['GET', '/api/v1/identify'],
    ['DELETE', '/api/public/v0/user_deletion'],
  ])('%s %s is answered 404, without CORS', async (method, path) => {
    const response = await call(path, {
      method,
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' },
    })
    expect(response.status).toBe(404)
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(await list('requests')).toMatchObject([{ method, path, status: 404 }])
  })
})

describe('what Heap accepts and does not keep', () => {
  it('an unknown app_id', async () => {
    expect(await told(track({ app_id: '555', event: 'e', identity: 'a' }))).toEqual([200, '{}'])
    expect(await lastNote()).toBe('dropped: the sandbox has no environment of this app_id')
    expect(await stats()).toMatchObject({ events: 0, users: 0, max: { requestsPerIdentity30s: 1 } })
  })

  it('an idempotency_key that the environment knows', async () => {
    const event = (name: string, key: string) => ({ event: name, identity: 'a', idempotency_key: key })
    await track({ events: [event('first', 'k'), event('second', 'k'), event('other', 'l')] })
    expect(await lastNote()).toBe('1 of 3 not stored: the idempotency_key is known')
    expect(await told(track(event('third', 'k')))).toEqual([200, '{}'])
    expect((await track({ app_id: OTHER_APP, ...event('elsewhere', 'k') })).status).toBe(200)
    expect((await list('events')).map(({ event }) => event)).toEqual(['elsewhere', 'other', 'first'])
    expect(await stats()).toMatchObject({ events: 3, duplicates: 2, requests: 3 })
    expect(await list('users')).toMatchObject([{ events: 1 }, { events: 2 }])
  })
})

describe('identify', () => {
  const identify = (user_id: string | number, identity: string, app_id = APP) =>
    post('/api/v1/identify', { app_id, user_id, identity })

  it('moves what the user_id did before, and what it does after', async () => {
    await track({ event: 'before', user_id: '1' })
    await track({ app_id: OTHER_APP, event: 'elsewhere', user_id: '1' })
    expect(await told(identify(1, 'alice'))).toEqual([200, '{}'])
    await track({ event: 'after', user_id: '1' })
    await track({ event: 'own', identity: 'alice' })
    expect(await list('events', '?identity=alice')).toMatchObject([
      { event: 'own', identity: 'alice' },
      { event: 'after', identity: 'alice', user_id: '1' },
      { event: 'before', identity: 'alice', user_id: '1' },
    ])
    expect(await list('users', '?identity=alice')).toMatchObject([{ identity: 'alice', user_ids: ['1'], events: 3 }])
    expect(await stats()).toMatchObject({ users: 2, events: 4 })
  })

  it('creates an identity that nobody knows', async () => {
    await identify('1', 'alice')
    await identify('2', 'alice')
    expect(await list('users')).toMatchObject([{ identity: 'alice', user_ids: ['1', '2'], events: 0 }])
  })

  it('a user_id keeps its first identity', async () => {
    await identify('1', 'alice')
    expect(await told(identify('1', 'bob'))).toEqual([200, '{}'])
    expect(await lastNote()).toBe('dropped: the user_id has another identity already')
    expect((await list('users')).map(({ identity }) => identity)).toEqual(['alice'])
    await identify('1', 'bob', OTHER_APP)
    expect(await lastNote()).toBeUndefined()
  })

  it('an identity takes 10 user_ids in 30 days', async () => {
    for (let id = 1; id <= 11; id++) expect((await identify(id, 'alice')).status).toBe(200)
    expect(await lastNote()).toBe('dropped: the identity got 10 user_ids within 30 days')
    expect((await list('users'))[0]?.user_ids).toHaveLength(10)
    await advance(30 * 86_400_000)
    await identify(11, 'alice')
    expect((await list('users'))[0]?.user_ids).toHaveLength(11)
  })
})
