import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import * as workers from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../env.ts'
import app from '../index.ts'
import { identityLimiter } from '../limits/durable.ts'
import { limiterName } from '../limits/permits.ts'
import { outboxShard, shardOf } from '../outbox/shards.ts'

const env = workers.env as unknown as Env
const APP_ID = '123456789'

/** What Heap answers to a body. */
let heap: (body: string) => Response
let sent: string[]
let hour = Date.now()

beforeEach(() => {
  sent = []
  heap = () => Response.json({})
  vi.useFakeTimers({ toFake: ['Date'], now: (hour += 3_600_000) })
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
    sent.push(init?.body as string)
    return heap(init?.body as string)
  })
})

afterEach(async () => {
  heap = () => Response.json({})
  vi.setSystemTime(Date.now() + 61_000)
  for (const shard of [0, 1, 2, 3]) await runDurableObjectAlarm(outboxShard(env, APP_ID, shard))
  vi.restoreAllMocks()
  vi.useRealTimers()
})

let serial = 0
const somebody = () => `operator-${serial++}@example.com`

function call(path: string, init: RequestInit = {}, settings: object = {}): Promise<Response> {
  const headers = new Headers({ Authorization: 'Bearer local-admin-token', ...(init.headers as object) })
  const request = new Request(`https://edge.example${path}`, { ...init, headers })
  return Promise.resolve(app.fetch(request, { ...env, ...settings }))
}

function track(identity: string, event = 'e', settings: object = {}): Promise<Response> {
  const body = JSON.stringify({ event, identity })
  const headers = { 'Content-Type': 'application/json' }
  return call('/api/track', { method: 'POST', headers, body }, settings)
}

const shardFor = (identity: string, shards = 4) => shardOf(`identity:${identity}`, shards)

/** Rings the alarm of an identity's shard, after this time. */
async function drain(identity: string, afterMs = 61_000): Promise<void> {
  vi.setSystemTime(Date.now() + afterMs)
  await runDurableObjectAlarm(outboxShard(env, APP_ID, shardFor(identity)))
}

interface Listed {
  depth: number
  set_aside: number
  oldest_age_s: number | null
  shards: { app_id: string; shard: number; depth: number; failures: number; problem: string | null }[]
  records: { id: string; record: { event: string }; why: string; status: number | null; reason: string | null }[]
  next: string | null
}

async function outbox(query = ''): Promise<Listed> {
  const response = await call(`/admin/outbox${query}`)
  expect(response.status).toBe(200)
  return response.json()
}

describe('the admin token', () => {
  it.each([
    ['none', {}, 401],
    ['a wrong one', { Authorization: 'Bearer local-admin-tokem' }, 401],
    ['one that is not a bearer', { Authorization: 'Basic local-admin-token' }, 401],
    ['the right one', { Authorization: 'bearer local-admin-token' }, 200],
  ])('%s', async (_, headers, status) => {
    const request = new Request('https://edge.example/admin/outbox', { headers: headers as Record<string, string> })
    const response = await app.fetch(request, env)
    expect([response.status, response.headers.get('Cache-Control')]).toEqual([status, 'no-store'])
    expect(response.headers.has('WWW-Authenticate')).toBe(status === 401)
    expect(await response.text()).not.toContain('local-admin-token')
  })

  it('opens nothing where it is not set', async () => {
    const response = await call('/admin/outbox', {}, { ADMIN_TOKEN: undefined })
    expect([response.status, await response.json<{ type: string }>()]).toMatchObject([
      403,
      { type: '/docs#admin-closed' },
    ])
  })
})

describe('what waits', () => {
  it('is shown with its age, its shard, and what Heap said', async () => {
    heap = () => new Response('', { status: 503 })
    const identity = somebody()
    expect((await track(identity)).status).toBe(202)
    await drain(identity, 5000)
    const { depth, oldest_age_s, shards } = await outbox()
    expect([depth, oldest_age_s]).toEqual([1, 5])
    expect(shards).toHaveLength(8)
    expect(shards.find((shard) => shard.app_id === APP_ID && shard.shard === shardFor(identity))).toMatchObject({
      depth: 1,
      failures: 1,
      problem: 'Heap answered 503',
    })
    heap = () => Response.json({})
    // Whoever calls this says that Heap takes records now: the backoff is over.
    expect(await (await call('/admin/outbox/retry', { method: 'POST' })).json()).toEqual({ retried: 0, more: false })
    await drain(identity, 0)
    expect((await outbox()).depth).toBe(0)
  })

  it('is refused with 429 where there is no room, and nothing is sent then', async () => {
    const identity = somebody()
    const full = { OUTBOX_MAX_ROWS: '2', OUTBOX_SHARDS: '1' }
    heap = () => new Response('', { status: 503 })
    const elsewhere = `${APP_ID}1`
    const body = (n: number) => JSON.stringify({ app_id: elsewhere, events: Array(n).fill({ event: 'e', identity }) })
    const settings = { ...full, HEAP_EXTRA_APP_IDS: elsewhere }
    const send = (n: number) =>
      call('/api/track', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: body(n) }, settings)
    // The shard reads the settings of the Worker that it runs in, so that its own are set here.
    await runInDurableObject(outboxShard(env, elsewhere, 0), (instance) => {
      Object.assign(instance, { env: { ...env, ...full } })
    })
    expect((await send(2)).status).toBe(202)
    sent = []
    const response = await send(1)
    expect([response.status, response.headers.get('Retry-After')]).toEqual([429, '30'])
    expect(await response.json()).toMatchObject({ type: '/docs#outbox-full' })
    expect(sent).toEqual([])
  })

  it('stays with its shard when the number of shards is changed', async () => {
    const identity = Array.from({ length: 50 }, somebody).find(
      (name) => shardFor(name, 4) !== shardFor(name, 2),
    ) as string
    heap = () => new Response('', { status: 503 })
    expect((await track(identity, 'first')).status).toBe(202)
    expect((await track(identity, 'second', { OUTBOX_SHARDS: '2' })).status).toBe(202)
    // Where nobody asks the limiter, as beyond MAX_LIVE_IDENTITIES, the shard itself says who holds the identity.
    const body = JSON.stringify({
      events: [
        { event: 'e', identity: somebody() },
        { event: 'third', identity },
      ],
    })
    const headers = { 'Content-Type': 'application/json' }
    const settings = { OUTBOX_SHARDS: '2', MAX_LIVE_IDENTITIES: '1' }
    expect((await call('/api/track', { method: 'POST', headers, body }, settings)).status).toBe(202)
    sent = []
    heap = () => Response.json({})
    await drain(identity)
    const events = sent.flatMap((text) => (JSON.parse(text) as { events: { event: string }[] }).events)
    expect(events.map(({ event }) => event).filter((event) => event !== 'e')).toEqual(['first', 'second', 'third'])
  })

  it('is given back 5 s after its end', async () => {
    const identity = somebody()
    const limiter = identityLimiter(env.IDENTITY_LIMITER, limiterName(APP_ID, `identity:${identity}`))
    heap = () => new Response('', { status: 503 })
    await track(identity)
    heap = () => Response.json({})
    await drain(identity)
    expect(await limiter.look()).toEqual({ holder: shardFor(identity) })
    await drain(identity, 5000)
    expect(await limiter.look()).toEqual({ holder: -1 })
  })
})

describe('what was set aside', () => {
  /** One that waited too long. */
  async function expired(event: string): Promise<string> {
    const identity = somebody()
    heap = () => new Response('', { status: 503 })
    await track(identity, event)
    await drain(identity, 7 * 86_400_000 + 61_000)
    heap = () => Response.json({})
    hour = Date.now()
    return identity
  }

  it('is listed by pages, put back when told, and then sent', async () => {
    const events = ['one', 'two', 'three']
    const identities: string[] = []
    for (const event of events) identities.push(await expired(event))
    expect(await outbox('?limit=0')).toMatchObject({ depth: 0, set_aside: 3, oldest_age_s: null, records: [] })
    const seen: string[] = []
    for (let after = ''; ;) {
      const { records, next } = await outbox(`?limit=1${after}`)
      seen.push(...records.map(({ record }) => record.event))
      expect(records).toMatchObject([{ why: 'expired', status: null, reason: null }])
      if (next === null) break
      after = `&after=${next}`
    }
    expect(seen.toSorted()).toEqual(events.toSorted())

    const { records } = await outbox()
    const ids = records.filter(({ record }) => record.event === 'two').map(({ id }) => id)
    const retry = (body?: string) => call('/admin/outbox/retry', { method: 'POST', ...(body && { body }) })
    expect(await (await retry(JSON.stringify({ ids }))).json()).toEqual({ retried: 1, more: false })
    expect(await (await retry()).json()).toEqual({ retried: 2, more: false })
    expect(await outbox()).toMatchObject({ depth: 3, set_aside: 0 })
    sent = []
    for (const identity of identities) await drain(identity)
    expect(sent.join()).toMatch(/one/)
    expect(await outbox()).toMatchObject({ depth: 0, set_aside: 0 })
  })

  it('is discarded one by one', async () => {
    await expired('unwanted')
    const { records } = await outbox()
    const remove = (id = '') => call(`/admin/outbox/${id}`, { method: 'DELETE' })
    expect((await remove(records[0]?.id)).status).toBe(204)
    expect((await remove(records[0]?.id)).status).toBe(404)
    expect((await outbox()).set_aside).toBe(0)
  })

  it.each([
    ['GET', '/admin/outbox?limit=-1', undefined, 400],
    ['GET', '/admin/outbox?limit=1001', undefined, 400],
    ['GET', '/admin/outbox?after=1', undefined, 400],
    ['POST', '/admin/outbox/retry', '{"ids":[]}', 400],
    ['POST', '/admin/outbox/retry', '{"ids":["5-0-1"]}', 400],
    ['POST', '/admin/outbox/retry', '{"id":["123456789-0-1"]}', 400],
    ['POST', '/admin/outbox/retry', '[', 400],
    ['POST', '/admin/outbox/retry', 'null', 400],
    ['DELETE', '/admin/outbox/5-0-1', undefined, 404],
    ['DELETE', '/admin/outbox/123456789-4-1', undefined, 404],
    ['DELETE', '/admin/outbox/a%2F..%2Fb', undefined, 404],
  ])('%s %s %s is answered %i', async (method, path, body, status) => {
    const response = await call(path, { method, ...(body !== undefined && { body }) })
    expect([response.status, response.headers.get('Content-Type')]).toEqual([status, 'application/problem+json'])
  })
})
