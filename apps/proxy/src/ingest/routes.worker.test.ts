import { runDurableObjectAlarm } from 'cloudflare:test'
import * as workers from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../env.ts'
import app from '../index.ts'
import { appBudget } from '../limits/durable.ts'
import { outboxShard } from '../outbox/shards.ts'

const env = workers.env as unknown as Env
const { default: proxy } = workers.exports as unknown as { default: Fetcher }

/** What Heap was sent, and what it answers. */
let sent: { url: string; body: unknown }[]
let heap: () => Response | Promise<Response>

/** Each test has an hour of its own, ahead of the real one: no window reaches over from another, and no alarm rings by itself. */
let hour = Date.now()

beforeEach(() => {
  sent = []
  heap = () => Response.json({})
  vi.useFakeTimers({ toFake: ['Date'], now: (hour += 3_600_000) })
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    sent.push({ url: url as string, body: JSON.parse(init?.body as string) })
    return heap()
  })
})

afterEach(async () => {
  heap = () => Response.json({})
  await drain()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return proxy.fetch(
    new Request(`https://edge.example${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    }),
  )
}

/** Runs the alarms of all shards of the outbox. @returns whether any of them was set */
async function ringAlarms(): Promise<boolean> {
  const shards = ['123456789', '987654321'].flatMap((app_id) => [0, 1, 2, 3].map((n) => outboxShard(env, app_id, n)))
  return (await Promise.all(shards.map((shard) => runDurableObjectAlarm(shard)))).includes(true)
}

/** Lets time go on until nothing waits in the outbox any more. */
async function drain(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    if (!(await ringAlarms())) return
    vi.setSystemTime(Date.now() + 31_000)
  }
  throw new Error('The outbox does not run dry')
}

/** An identity that no other test uses, since the limiters live on between tests. */
let serial = 0
const somebody = () => `user-${serial++}@example.com`

async function problemOf(response: Response) {
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  expect(response.headers.get('Heap-Edge-Outcome')).toBe('rejected')
  return response.json<{ type: string; status: number; detail: string; errors?: { pointer: string }[] }>()
}

describe('what is good', () => {
  it.each([
    ['/api/track', { event: 'Purchase', properties: { paid: true } }, { properties: { paid: 'true' } }],
    ['/api/track', { app_id: '987654321', events: [{ event: 'A' }, { event: 'B' }] }, { app_id: '987654321' }],
    ['/api/add_user_properties', { properties: { plan: 'pro' } }, {}],
    ['/api/add_user_properties', { user_properties: [{ properties: {} }] }, { users: [{ properties: {} }] }],
    ['/api/add_account_properties', { account_id: 'acme', properties: { seats: 5 } }, {}],
    ['/api/v1/identify', { user_id: 42 }, { user_id: '42' }],
  ])('%s reaches Heap as Heap takes it', async (path, fields, wire) => {
    const identity = somebody()
    const body: Record<string, unknown> = { ...fields }
    const records = (body.events ?? body.user_properties ?? [body]) as Record<string, unknown>[]
    if (!('account_id' in body)) for (const record of records) record.identity = identity
    const response = await post(path, body)
    expect([response.status, await response.json()]).toEqual([200, {}])
    expect(response.headers.get('Heap-Edge-Outcome')).toBe('delivered')
    expect(sent).toMatchObject([{ url: `https://heap.test${path}`, body: { app_id: '123456789', ...wire } }])
  })

  it("a sender's wrong clock is put right, and Heap is not told of it", async () => {
    const now = Date.now()
    const year = 365 * 24 * 3_600_000
    const timestamp = new Date(now - year - 5000).toISOString()
    const identity = somebody()
    const body = {
      events: [
        { event: 'a', identity, timestamp },
        { event: 'b', identity },
      ],
      sent_at: now - year,
    }
    expect((await post('/api/track', body)).status).toBe(200)
    const single = { event: 'c', identity, timestamp, sent_at: new Date(now - year).toISOString() }
    expect((await post('/api/track', single)).status).toBe(200)
    expect((await post('/api/track', { ...single, sent_at: undefined })).status).toBe(200)
    expect((await post('/api/add_account_properties', { account_id: 'acme', sent_at: 0 })).status).toBe(200)
    const [before, today] = [new Date(now - 5000).toISOString(), new Date(now).toISOString()]
    expect(sent.map(({ body }) => body)).toEqual([
      {
        app_id: '123456789',
        events: [
          { event: 'a', identity, timestamp: before, idempotency_key: expect.any(String) },
          { event: 'b', identity, timestamp: today, idempotency_key: expect.any(String) },
        ],
      },
      { app_id: '123456789', event: 'c', identity, timestamp: before, idempotency_key: expect.any(String) },
      { app_id: '123456789', event: 'c', identity, timestamp, idempotency_key: expect.any(String) },
      { app_id: '123456789', account_id: 'acme' },
    ])
  })

  it('tells the limits', async () => {
    const response = await post('/api/track', { event: 'e', identity: somebody() })
    expect(response.headers.get('RateLimit')).toBe('"requests";r=29;t=31, "events";r=999;t=61')
    expect(response.headers.get('RateLimit-Policy')).toBe('"requests";q=30;w=30, "events";q=1000;w=60')
  })
})

describe('what is bad', () => {
  const event = { event: 'a', identity: 'b' }
  it.each<[string, unknown, string[]]>([
    [
      'a property that is no value',
      { events: [event, { ...event, properties: { plan: [{}] } }] },
      ['/events/1/properties/plan/0'],
    ],
    ['several fields', { event: '', identity: 'guest' }, ['/event', '/identity']],
    ['another environment', { ...event, app_id: '555' }, ['/app_id']],
    ['no environment', { ...event, app_id: null }, ['/app_id']],
    ['a time of sending without a zone', { ...event, sent_at: '2017-03-10T22:21:56' }, ['/sent_at']],
    [
      'a time of sending that is none',
      { events: [{ ...event, event: '' }], sent_at: null },
      ['/events/0/event', '/sent_at'],
    ],
    ['half an object', '{"event":', ['']],
    [
      'what is no UTF-8',
      new Uint8Array([...new TextEncoder().encode('{"event":"e","identity":"a'), 0xff, 0x22, 0x7d]),
      [''],
    ],
    ['nothing', '', ['']],
    ['a list', '[]', ['']],
    ['null', 'null', ['']],
    ['a text', '"text"', ['']],
    ['a deep nest', '['.repeat(400_000), ['']],
    [
      'a deep nest that closes',
      `{"event":"e","identity":"a","properties":{"a":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}}`,
      [`/properties${'/a'.repeat(8)}`],
    ],
  ])('%s is refused as a whole, with its places', async (_, body, pointers) => {
    const response = await post('/api/track', body)
    const { status, errors } = await problemOf(response)
    expect([response.status, status, errors?.map(({ pointer }) => pointer)]).toEqual([400, 400, pointers])
    expect(sent).toEqual([])
  })

  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['', 415],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON', 200],
  ])('Content-Type %j is answered %i', async (type, status) => {
    const response = await post('/api/track', { event: 'e', identity: somebody() }, { 'Content-Type': type })
    expect(response.status).toBe(status)
  })

  it('is cut off at 1 MB, told beforehand or not', async () => {
    const big = JSON.stringify({ event: 'e', identity: 'a', properties: { a: 'x'.repeat(1_000_000) } })
    expect((await problemOf(await post('/api/track', big))).status).toBe(413)
    let pulled = 0
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(100_000).fill(32))
      },
    })
    const response = await app.fetch(
      new Request('https://edge.example/api/track', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: stream,
      }),
      env,
    )
    expect(response.status).toBe(413)
    expect(pulled).toBeLessThan(20)
    expect(sent).toEqual([])
  })

  it('other methods and paths are told apart', async () => {
    const get = await proxy.fetch('https://edge.example/api/track')
    expect([get.status, get.headers.get('Allow')]).toEqual([405, 'POST, OPTIONS'])
    expect((await post('/api/tracks', {})).status).toBe(404)
  })
})

describe('origins', () => {
  const event = () => ({ event: 'e', identity: somebody() })
  it.each([
    ['https://shop.example', 200, 'https://shop.example'],
    ['http://localhost:8789', 200, 'http://localhost:8789'],
    ['https://edge.example', 200, 'https://edge.example'],
    ['https://shop.example.evil.test', 403, null],
    ['https://SHOP.example', 403, null],
    ['http://shop.example', 403, null],
    ['null', 403, null],
  ])('%s is answered %i', async (origin, status, allowed) => {
    const response = await post('/api/track', event(), { Origin: origin })
    expect(response.status).toBe(status)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe(allowed)
    expect(response.headers.get('Vary')).toContain('Origin')
    expect(sent).toHaveLength(status === 200 ? 1 : 0)
  })

  it('lets a page read refusals, and everything that it needs', async () => {
    const response = await post('/api/track', {}, { Origin: 'https://shop.example' })
    expect(response.status).toBe(400)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://shop.example')
    expect(response.headers.get('Access-Control-Expose-Headers')).toBe(
      'Heap-Edge-Outcome, Heap-Edge-Records, Heap-Edge-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Date',
    )
  })

  it.each([
    ['https://shop.example', 204, 'https://shop.example'],
    ['https://other.example', 403, null],
  ])('a preflight of %s is answered %i', async (origin, status, allowed) => {
    const response = await proxy.fetch('https://edge.example/api/track', {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
      },
    })
    expect(response.headers.get('Access-Control-Allow-Headers')).toBe(allowed && 'Content-Type, Authorization')
    expect([response.status, response.headers.get('Access-Control-Allow-Origin')]).toEqual([status, allowed])
    expect(response.headers.get('Vary')).toContain('Origin')
  })
})

describe('limits', () => {
  it('lets 30 requests of an identity through in 30 s, and the others later, all together', async () => {
    const identity = somebody()
    const burst = await Promise.all(
      Array.from({ length: 200 }, (_, n) => post('/api/track', { event: `e${n}`, identity })),
    )
    expect(
      Object.entries(Object.groupBy(burst, ({ status }) => status)).map(([status, all]) => [status, all?.length]),
    ).toEqual([
      ['200', 30],
      ['202', 170],
    ])
    expect(sent).toHaveLength(30)
    const queued = burst.find(({ status }) => status === 202) as Response
    expect([queued.headers.get('Heap-Edge-Outcome'), await queued.json()]).toEqual(['queued', {}])
    // Whatever comes later does not overtake.
    vi.setSystemTime(Date.now() + 31_000)
    expect((await post('/api/track', { event: 'last', identity })).status).toBe(202)
    expect((await post('/api/add_user_properties', { identity })).status).toBe(202)
    await drain()
    const events = sent.slice(30).flatMap(({ body }) => (body as { events?: { event: string }[] }).events ?? [])
    expect(events).toHaveLength(171)
    expect(events.at(-1)?.event).toBe('last')
    expect(
      new Set([...sent.slice(0, 30).map(({ body }) => body as { event: string }), ...events].map(({ event }) => event))
        .size,
    ).toBe(201)
    expect(sent.length).toBe(30 + 2)
    expect((await post('/api/track', { event: 'e', identity })).status).toBe(200)
  })

  it('counts identities, user_ids and environments apart', async () => {
    const identity = String(Date.now())
    const all = { event: 'e', identity }
    await Promise.all(Array.from({ length: 30 }, () => post('/api/track', all)))
    expect((await post('/api/track', all)).status).toBe(202)
    expect((await post('/api/track', { event: 'e', user_id: identity })).status).toBe(200)
    expect((await post('/api/track', { ...all, app_id: '987654321' })).status).toBe(200)
  })

  it('counts a bulk body once for each identity, and all its events; who is above the limit waits, the others do not', async () => {
    const [one, two] = [somebody(), somebody()]
    const events = [...Array(900).fill({ event: 'e', identity: one }), { event: 'e', identity: two }]
    expect((await post('/api/track', { events })).status).toBe(200)
    const more = [...Array(101).fill({ event: 'e', identity: one }), { event: 'e', identity: two }]
    const mixed = await post('/api/track', { events: more })
    expect([mixed.status, mixed.headers.get('Heap-Edge-Outcome')]).toEqual([202, 'queued'])
    expect(sent.map(({ body }) => (body as { events: unknown[] }).events.length)).toEqual([901, 1])
    await drain()
    expect(sent.map(({ body }) => (body as { events: unknown[] }).events.length)).toEqual([901, 1, 100, 1])
  })

  it('asks for 50 identities of a body at once, as MAX_LIVE_IDENTITIES is here, and queues the others', async () => {
    const events = Array.from({ length: 60 }, () => ({ event: 'e', identity: somebody() }))
    const { status, headers } = await post('/api/track', { events })
    expect(status).toBe(202)
    expect(headers.get('Heap-Edge-Records')).toBe('delivered=50, queued=10, suppressed=0')
    const identities = () =>
      sent.flatMap(({ body }) => (body as { events: { identity: string }[] }).events.map(({ identity }) => identity))
    expect(identities()).toEqual(events.slice(0, 50).map(({ identity }) => identity))
    await drain()
    expect(new Set(identities())).toEqual(new Set(events.map(({ identity }) => identity)))
    expect(identities()).toHaveLength(60)
  })

  it('keeps an environment within 15,000 events a minute', async () => {
    const bulk = () => ({ app_id: '987654321', events: Array(1000).fill({ event: 'e', identity: somebody() }) })
    const answers = await Promise.all(Array.from({ length: 16 }, () => post('/api/track', bulk())))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(15)
    const queued = answers.find(({ status }) => status === 202)
    expect(queued?.headers.get('RateLimit')).toBe('"app-events";r=0;t=62')
    expect(queued?.headers.get('RateLimit-Policy')).toBe('"app-events";q=15000;w=60')
    expect((await post('/api/track', { event: 'e', identity: somebody() })).status).toBe(200)
    await drain()
    expect(sent).toHaveLength(17)
    expect((await post('/api/track', bulk())).status).toBe(200)
  })
})

describe('the budget of an environment', () => {
  it('is not used up by an identity that is above its limit', async () => {
    const events = Array(100).fill({ event: 'e', identity: somebody() })
    for (let i = 0; i < 300; i++) await post('/api/track', { app_id: '987654321', events })
    expect(sent).toHaveLength(10)
    const { quotas } = await appBudget(env.APP_BUDGET, 'app:987654321').lease(0, 0, 0)
    expect(quotas[0]?.remaining).toBeGreaterThanOrEqual(15_000 - 1000 - 200)
  })
})

describe('when Heap fails', () => {
  const answer =
    (status: number, body: string | null = '{}', headers = {}) =>
    () =>
      new Response(body, { status, headers })

  it.each<[string, () => Response | Promise<Response>]>([
    ['500', answer(500, 'secret stack')],
    ['200 with a page, as of another server', answer(200, '\n<!doctype html><title>Sign in</title>')],
    ['503 with Retry-After', answer(503, '', { 'Retry-After': '7' })],
    ['401', answer(401)],
    ['a redirect', answer(302, null, { Location: 'https://evil.test' })],
    ['429', answer(429)],
    ['429 with an absurd Retry-After', answer(429, '', { 'Retry-After': '999999999' })],
    ['a network error', () => Promise.reject(new TypeError('network secret'))],
    ['no answer', () => Promise.reject(new DOMException('slow', 'TimeoutError'))],
  ])('%s: the record is safe, and goes to Heap later as the same one', async (_, response) => {
    heap = response
    const identity = somebody()
    const answered = await post('/api/track', { event: 'e', identity })
    expect([answered.status, answered.headers.get('Heap-Edge-Outcome'), await answered.text()]).toEqual([
      202,
      'queued',
      '{}',
    ])
    heap = () => Response.json({})
    const first = sent[0]?.body as { idempotency_key: string; timestamp: string }
    expect(first).toMatchObject({ event: 'e', identity, timestamp: new Date().toISOString() })
    await drain()
    const { app_id: _app, ...record } = first as unknown as Record<string, unknown>
    expect(sent.slice(1)).toEqual([
      { url: 'https://heap.test/api/track', body: { app_id: '123456789', events: [record] } },
    ])
  })

  it.each([
    ['/api/add_user_properties', (identity: string) => ({ identity, properties: { plan: 'pro' } }), 'users'],
    ['/api/add_account_properties', (account_id: string) => ({ account_id, properties: { seats: 5 } }), 'accounts'],
    [
      '/api/v1/identify',
      (identity: string) => ({ identity, user_id: '42', timestamp: '2026-01-01T00:00:00Z' }),
      undefined,
    ],
  ])('%s goes to Heap later, and what comes after it behind it', async (path, record, list) => {
    const name = somebody()
    heap = answer(503)
    expect((await post(path, record(name))).status).toBe(202)
    heap = () => Response.json({})
    expect((await post(path, record(name))).status).toBe(202)
    await drain()
    const records = sent.slice(1).flatMap(({ body }) => (list ? (body as Record<string, unknown>)[list] : [body]))
    expect(records).toMatchObject([record(name), record(name)])
    expect((await post(path, record(name))).status).toBe(200)
  })

  it('finds out by one record whether Heap is back, so that an outage uses up no limit', async () => {
    heap = answer(503)
    const identity = somebody()
    const events = Array.from({ length: 300 }, (_, n) => ({ event: `event ${n}`, identity }))
    await post('/api/track', { events })
    for (const seconds of [0, 1, 2, 4, 8]) {
      vi.setSystemTime(Date.now() + 1000 * seconds)
      await ringAlarms()
    }
    heap = () => Response.json({})
    vi.setSystemTime(Date.now() + 16_000)
    await ringAlarms()
    const sizes = sent.map(({ body }) => (body as { events: object[] }).events.length)
    expect(sizes).toEqual([300, 300, 1, 1, 1, 1, 1, 299])
  })

  it('tells the reason of a 400, of at most 4 kB, and stores nothing', async () => {
    heap = () => new Response('bad account'.padEnd(100_000, '.'), { status: 400 })
    const response = await post('/api/add_account_properties', { account_id: '1' })
    const { detail } = await problemOf(response)
    expect(response.status).toBe(400)
    expect(detail).toMatch(/^bad account/)
    expect(detail.length).toBeLessThanOrEqual(4096)
    heap = answer(400)
    expect((await problemOf(await post('/api/track', { event: 'e', identity: somebody() }))).detail).toContain('400')
    await drain()
    expect(sent).toHaveLength(2)
  })

  it('a part that is refused is searched for what is bad, once another part waits', async () => {
    const [one, two] = [somebody(), somebody()]
    await Promise.all(Array.from({ length: 30 }, () => post('/api/track', { event: 'e', identity: one })))
    sent = []
    heap = () => (JSON.stringify(sent.at(-1)?.body).includes('poison') ? answer(400, 'no')() : Response.json({}))
    const events = [
      { event: 'e', identity: one },
      { event: 'poison', identity: two },
      ...Array.from({ length: 6 }, (_, n) => ({ event: `good ${n}`, identity: two })),
    ]
    expect((await post('/api/track', { events })).status).toBe(202)
    await drain()
    const taken = sent.filter(({ body }) => !JSON.stringify(body).includes('poison'))
    expect(taken.flatMap(({ body }) => (body as { events: unknown[] }).events)).toHaveLength(7)
    const response = await proxy.fetch('https://edge.example/admin/outbox', {
      headers: { Authorization: 'Bearer local-admin-token' },
    })
    expect(await response.json()).toMatchObject({
      depth: 0,
      set_aside: 1,
      records: [{ record: { event: 'poison' }, why: 'refused', status: 400, reason: 'no' }],
    })
  })
})

describe('settings', () => {
  const call = (path: string, settings: object) =>
    app.fetch(new Request(`https://edge.example${path}`), { ...env, ...settings })

  it('are all told when they are wrong, and never a value', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const response = await call('/healthz', { HEAP_APP_ID: 'secret', ALLOWED_ORIGINS: 'shop.example' })
    const { detail } = await problemOf(response)
    expect(response.status).toBe(503)
    expect(detail).toMatch(/HEAP_APP_ID .*; ALLOWED_ORIGINS /)
    expect(detail).not.toContain('secret')
    expect((await call('/healthz', {})).status).toBe(200)
  })
})
