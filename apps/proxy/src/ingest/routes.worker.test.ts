import * as workers from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../env.ts'
import app from '../index.ts'
import { appBudget } from '../limits/durable.ts'

const env = workers.env as unknown as Env
const { default: proxy } = workers.exports as unknown as { default: Fetcher }

/** What Heap was sent, and what it answers. */
let sent: { url: string; body: unknown }[]
let heap: () => Response | Promise<Response>

beforeEach(() => {
  sent = []
  heap = () => Response.json({})
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    sent.push({ url: url as string, body: JSON.parse(init?.body as string) })
    return heap()
  })
})

afterEach(() => {
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
    [
      'too many identities',
      { events: Array.from({ length: 51 }, (_, i) => ({ event: 'e', identity: `many-${i}` })) },
      ['/events'],
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
      'Heap-Edge-Outcome, Retry-After, RateLimit, RateLimit-Policy',
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
        'Access-Control-Request-Headers': 'content-type',
      },
    })
    expect([response.status, response.headers.get('Access-Control-Allow-Origin')]).toEqual([status, allowed])
    expect(response.headers.get('Vary')).toContain('Origin')
  })
})

describe('limits', () => {
  it('lets 30 requests of an identity through in 30 s, and the next when they are over', async () => {
    const identity = somebody()
    const burst = await Promise.all(Array.from({ length: 200 }, () => post('/api/track', { event: 'e', identity })))
    expect(burst.filter(({ status }) => status === 200)).toHaveLength(30)
    expect(sent).toHaveLength(30)
    const refused = burst.find(({ status }) => status === 429) as Response
    expect(refused.headers.get('Retry-After')).toBe('31')
    expect(refused.headers.get('RateLimit')).toContain('"requests";r=0;t=31')
    vi.setSystemTime(Date.now() + 30_499)
    expect((await post('/api/add_user_properties', { identity })).status).toBe(429)
    vi.setSystemTime(Date.now() + 1)
    expect((await post('/api/add_user_properties', { identity })).status).toBe(200)
  })

  it('counts identities, user_ids and environments apart', async () => {
    const identity = String(Date.now())
    const all = { event: 'e', identity }
    await Promise.all(Array.from({ length: 30 }, () => post('/api/track', all)))
    expect((await post('/api/track', all)).status).toBe(429)
    expect((await post('/api/track', { event: 'e', user_id: identity })).status).toBe(200)
    expect((await post('/api/track', { ...all, app_id: '987654321' })).status).toBe(200)
  })

  it('counts a bulk body once for each identity, and all its events', async () => {
    const [one, two] = [somebody(), somebody()]
    const events = [...Array(900).fill({ event: 'e', identity: one }), { event: 'e', identity: two }]
    expect((await post('/api/track', { events })).status).toBe(200)
    const refused = await post('/api/track', { events: Array(101).fill({ event: 'e', identity: one }) })
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '61'])
    expect(refused.headers.get('RateLimit')).toContain('"requests";r=29')
    expect((await post('/api/track', { events: Array(100).fill({ event: 'e', identity: one }) })).status).toBe(200)
  })

  it('keeps an environment within 15,000 events a minute', async () => {
    vi.setSystemTime(Date.now() + 3_600_000)
    const bulk = () => ({ app_id: '987654321', events: Array(1000).fill({ event: 'e', identity: somebody() }) })
    const answers = await Promise.all(Array.from({ length: 16 }, () => post('/api/track', bulk())))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(15)
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.headers.get('Retry-After')).toBe('62')
    expect(refused?.headers.get('RateLimit')).toBe('"app-events";r=0;t=62')
    expect(refused?.headers.get('RateLimit-Policy')).toBe('"app-events";q=15000;w=60')
    expect((await post('/api/track', { event: 'e', identity: somebody() })).status).toBe(200)
    vi.setSystemTime(Date.now() + 61_500)
    expect((await post('/api/track', bulk())).status).toBe(200)
  })
})

describe('the budget of an environment', () => {
  it('is not used up by an identity that is refused', async () => {
    vi.setSystemTime(Date.now() + 7_200_000)
    const events = Array(100).fill({ event: 'e', identity: somebody() })
    let delivered = 0
    for (let i = 0; i < 300; i++) {
      const { status } = await post('/api/track', { app_id: '987654321', events })
      if (status === 200) delivered++
    }
    expect(delivered).toBe(10)
    const { quotas } = await appBudget(env.APP_BUDGET, 'app:987654321').lease(0, 0, 0)
    expect(quotas[0]?.remaining).toBeGreaterThanOrEqual(15_000 - 1000 - 200)
  })
})

describe('when Heap fails', () => {
  const answer =
    (status: number, body: string | null = '{}', headers = {}) =>
    () =>
      new Response(body, { status, headers })
  it.each<[string, () => Response | Promise<Response>, number, string, string | null]>([
    ['500', answer(500, 'secret stack'), 502, 'heap-failed', null],
    ['503 with Retry-After', answer(503, '', { 'Retry-After': '7' }), 502, 'heap-failed', '7'],
    ['401', answer(401), 502, 'heap-failed', null],
    ['a redirect', answer(302, null, { Location: 'https://evil.test' }), 502, 'heap-failed', null],
    ['429', answer(429), 429, 'rate-limited', '5'],
    ['429 with Retry-After', answer(429, '', { 'Retry-After': '9' }), 429, 'rate-limited', '9'],
    ['429 with an absurd Retry-After', answer(429, '', { 'Retry-After': '999999999' }), 429, 'rate-limited', '3600'],
    ['an empty 400', answer(400), 400, 'refused-by-heap', null],
    ['a network error', () => Promise.reject(new TypeError('network secret')), 502, 'heap-failed', null],
    ['no answer', () => Promise.reject(new DOMException('slow', 'TimeoutError')), 504, 'heap-timed-out', null],
  ])('%s', async (_, response, status, kind, retryAfter) => {
    heap = response
    const answered = await post('/api/track', { event: 'e', identity: somebody() })
    const { type, detail } = await problemOf(answered)
    expect([answered.status, type, answered.headers.get('Retry-After')]).toEqual([status, `/docs#${kind}`, retryAfter])
    expect(detail).not.toContain('secret')
  })

  it('tells the reason of a 400, of at most 4 kB', async () => {
    heap = () => new Response('bad account'.padEnd(100_000, '.'), { status: 400 })
    const { detail } = await problemOf(await post('/api/add_account_properties', { account_id: '1' }))
    expect(detail).toMatch(/^bad account/)
    expect(detail.length).toBeLessThanOrEqual(4096)
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
