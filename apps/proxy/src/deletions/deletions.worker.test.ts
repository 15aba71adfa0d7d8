import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import * as workers from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../env.ts'
import app from '../index.ts'
import { outboxShard, shardOf } from '../outbox/shards.ts'
import { deletionLedger } from './durable.ts'
import { OPT_OUTS } from './sample.ts'

const env = workers.env as unknown as Env
const APP_ID = '123456789'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const LOCATION = /^\/admin\/deletions\/([\w-]{36})$/

/** Heap, Slack and the receiver of the webhook. */
class World {
  /** Requests as `POST /api/track`, those of deletions without `/api/public/v0`. */
  readonly requests: string[] = []
  readonly deletions: { users: object[] }[] = []
  status = 'pending'
  keyIsWrong = false
  /** Answers in the place of the next ones to a request. */
  readonly instead: [RegExp, () => Response][] = []
  readonly slack: string[] = []
  readonly received: { headers: Headers; body: string }[] = []
  #tokens = new Map<string, number>()

  answer(url: string, init: RequestInit): Response {
    const { host, pathname } = new URL(url)
    const headers = new Headers(init.headers)
    const request = `${init.method ?? 'GET'} ${pathname.replace('/api/public/v0', '')}`
    if (host === 'heap.test') this.requests.push(request)
    const index = this.instead.findIndex(([pattern]) => pattern.test(`${host} ${request}`))
    if (index >= 0) return this.instead.splice(index, 1)[0]?.[1]() as Response
    if (host === 'slack.test') this.slack.push((JSON.parse(init.body as string) as { text: string }).text)
    if (host === 'receiver.test') this.received.push({ headers, body: init.body as string })
    if (host !== 'heap.test') return new Response('ok')
    if (!url.includes('/public/')) return Response.json({})
    if (pathname.endsWith('/auth_token')) {
      const right = headers.get('Authorization') === `Basic ${btoa(`${APP_ID}:local-api-key`)}`
      const access_token = `token-${this.#tokens.size}`
      this.#tokens.set(access_token, Date.now() + 5 * MINUTE_MS)
      return right && !this.keyIsWrong
        ? Response.json({ access_token })
        : Response.json({ err: { message: 'no' } }, { status: 401 })
    }
    const token = headers.get('Authorization')?.replace('Bearer ', '') ?? ''
    if ((this.#tokens.get(token) ?? 0) < Date.now()) return Response.json({ error: 'expired' }, { status: 401 })
    const id = `heap-${this.deletions.length}`
    if (init.method !== 'POST') {
      return Response.json({ deletion_request_id: pathname.split('/').at(-1), status: this.status })
    }
    this.deletions.push(JSON.parse(init.body as string) as { users: object[] })
    return Response.json({ deletion_request_id: id, status: 'pending' }, { status: 201 })
  }
}

let world: World
let hour = Date.now()

beforeEach(() => {
  world = new World()
  vi.useFakeTimers({ toFake: ['Date'], now: (hour += 1000 * HOUR_MS) })
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => world.answer(url as string, init ?? {}))
})

afterEach(async () => {
  // What is still under way would go on in the next test.
  world.status = 'complete'
  world.instead.length = 0
  for (let rounds = 0; rounds < 3; rounds++) await after(HOUR_MS)
  vi.restoreAllMocks()
  vi.useRealTimers()
})

let serial = 0
const somebody = () => `deleted-${serial++}@example.com`

function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers({ Authorization: 'Bearer local-admin-token', ...(init.headers as object) })
  return Promise.resolve(app.fetch(new Request(`https://edge.example${path}`, { ...init, headers }), env))
}

const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(path, {
    method: 'POST',
    body: body === undefined ? null : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  })

/** What was let through before has arrived after this time, and the users are submitted. */
const UNDER_WAY_MS = 12_000

/** Rings the ledger's alarm until nothing is to be done soon. */
async function settle(): Promise<void> {
  for (let rounds = 0; rounds < 100; rounds++) {
    const at = await runInDurableObject(deletionLedger(env), (_, { storage }) => storage.getAlarm())
    if (at === null || at > Date.now() + UNDER_WAY_MS) return
    vi.setSystemTime(Math.max(at, Date.now()))
    await runDurableObjectAlarm(deletionLedger(env))
  }
}

async function after(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms)
  await app.scheduled({} as ScheduledController, env)
  await settle()
}

async function deletionOf(body: unknown, headers?: Record<string, string>): Promise<string> {
  const response = await post('/admin/deletions', body, headers)
  expect([response.status, response.headers.get('Retry-After')]).toEqual([202, '600'])
  return LOCATION.exec(response.headers.get('Location') ?? '')?.[1] as string
}

interface Shown {
  state: string
  overdue: boolean
  problem: string | null
  next_poll: string | null
  requests: { deletion_request_id: string; status: string }[]
  audit: { what: string; users: number }[]
  notifications: { channel: string; event: string; delivered_at: string | null; attempts: number }[]
}

async function shown(id: string): Promise<Shown> {
  return (await call(`/admin/deletions/${id}`)).json()
}

const track = (identity: string, event = 'e') => post('/api/track', { event, identity })

async function outcome(response: Promise<Response>): Promise<string> {
  const { status, headers } = await response
  return `${status} ${headers.get('Heap-Edge-Outcome')}`
}

describe('the opt-out workflow', () => {
  it('deletes three of five, polls, and tells once, by name', async () => {
    const id = await deletionOf({ records: OPT_OUTS })
    expect(await shown(id)).toMatchObject({ state: 'accepted', users: 3 })
    await settle()
    expect(world.deletions).toEqual([
      { users: [{ identity: '310068' }, { identity: '498763' }, { identity: '112017' }] },
    ])
    expect(await shown(id)).toMatchObject({ state: 'pending', requests: [{ status: 'pending' }] })

    await after(10 * MINUTE_MS)
    world.status = 'complete'
    await after(10 * MINUTE_MS)
    await after(10 * MINUTE_MS)
    expect(world.requests).toEqual([
      'POST /auth_token',
      'POST /user_deletion',
      'POST /auth_token',
      'GET /deletion_status/heap-0',
      'POST /auth_token',
      'GET /deletion_status/heap-0',
    ])
    expect(world.slack).toEqual(['Deleted from Heap: john123, Mary, Jess'])
    const [{ headers, body } = { headers: new Headers(), body: '' }, ...others] = world.received
    expect(others).toEqual([])
    vi.setSystemTime(Number(headers.get('webhook-timestamp')) * 1000)
    const secret = 'whsec_bG9jYWwtd2ViaG9vay1zZWNyZXQtZm9yLXRlc3Rz'
    expect(new Webhook(secret).verify(body, Object.fromEntries(headers))).toMatchObject({
      type: 'deletion.complete',
      data: { id, state: 'complete', users: 3, user_names: ['john123', 'Mary', 'Jess'] },
    })
    expect(headers.get('webhook-id')).toBe(`${id}_complete`)

    const { state, audit, ...rest } = await shown(id)
    expect([state, ...audit.map(({ what }) => what)]).toEqual([
      'complete',
      'accepted',
      'submitting',
      'pending',
      'complete',
    ])
    // Nobody is named any more.
    expect(JSON.stringify(rest)).not.toMatch(/310068|john123/)
    const { salt, hashes } = await (
      await call(`/admin/deletions/${id}?hashes=true`)
    ).json<{
      salt: string
      hashes: string[]
    }>()
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(salt),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    const hash = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode('identity:310068'))
    expect(hashes[0]).toBe(Buffer.from(hash).toString('base64url'))
  })

  it('is stored whole or not at all, so that it may be sent again', async () => {
    const inLedger = (statement: string) =>
      runInDurableObject(deletionLedger(env), (_, { storage }) => void storage.sql.exec(statement))
    await inLedger("CREATE TRIGGER full BEFORE INSERT ON subjects BEGIN SELECT RAISE(ABORT, 'no room'); END")
    const body = { users: [{ identity: 'whole@example.com' }] }
    const key = { 'Idempotency-Key': 'whole' }
    expect((await post('/admin/deletions', body, key)).status).toBe(500)
    await inLedger('DROP TRIGGER full')
    await deletionOf(body, key)
    await settle()
    expect(world.deletions).toEqual([{ users: [{ identity: 'whole@example.com' }] }])
  })

  it('deletes nobody where nobody opted out', async () => {
    const response = await post('/admin/deletions', { records: OPT_OUTS.filter(({ opt_out }) => !opt_out) })
    expect([response.status, await response.json()]).toEqual([200, { users: 0, skipped: 2 }])
    await settle()
    expect(world.requests).toEqual([])
  })
})

describe('suppression', () => {
  it('also removes what was set aside, and what would join a user_id to somebody', async () => {
    const identity = somebody()
    const user_id = String(2_000_000 + serial++)
    const refuse = () => Response.json({ err: { message: 'bad' } }, { status: 400 })
    world.instead.push([/track/, () => new Response('', { status: 503 })], [/track/, refuse])
    expect(await outcome(track(identity))).toBe('202 queued')
    vi.setSystemTime(Date.now() + MINUTE_MS)
    await runDurableObjectAlarm(outboxShard(env, APP_ID, shardOf(`identity:${identity}`, 4)))
    vi.setSystemTime(Date.now() + MINUTE_MS)
    await runDurableObjectAlarm(outboxShard(env, APP_ID, shardOf(`identity:${identity}`, 4)))
    world.instead.push([/identify/, () => new Response('', { status: 503 })])
    expect(await outcome(post('/api/v1/identify', { user_id, identity: somebody() }))).toBe('202 queued')
    expect(await (await call('/admin/outbox')).json()).toMatchObject({ depth: 1, set_aside: 1 })
    await deletionOf({ users: [{ identity }, { user_id }] })
    expect(await (await call('/admin/outbox')).json()).toMatchObject({ depth: 0, set_aside: 0 })
  })

  it('sends nothing of a user from the answer until a day after the end', async () => {
    const identity = somebody()
    const other = somebody()
    expect(await outcome(track(identity))).toBe('200 delivered')
    await deletionOf({ users: [{ identity }] })
    world.requests.length = 0
    expect(await outcome(track(identity))).toBe('200 suppressed')
    expect(await outcome(post('/api/add_user_properties', { identity, properties: { a: 1 } }))).toBe('200 suppressed')
    // Heap deletes in every environment.
    expect(await outcome(post('/api/track', { app_id: '987654321', event: 'e', identity }))).toBe('200 suppressed')
    expect(world.requests).toEqual([])
    const events = [identity, other].map((identity) => ({ event: 'e', identity }))
    const mixed = await post('/api/track', { events })
    expect(mixed.headers.get('Heap-Edge-Records')).toBe('delivered=1, queued=0, suppressed=1')
    const { calls } = vi.mocked(fetch).mock
    expect(JSON.parse(calls.at(-1)?.[1]?.body as string)).toMatchObject({ events: [{ identity: other }] })

    world.status = 'complete'
    await settle()
    await after(10 * MINUTE_MS)
    expect(await outcome(track(identity))).toBe('200 suppressed')
    vi.setSystemTime(Date.now() + 24 * HOUR_MS)
    expect(await outcome(track(identity))).toBe('200 delivered')
  })

  it('also stops a user_id, and what would join it to somebody', async () => {
    const user_id = String(1_000_000 + serial++)
    await deletionOf({ users: [{ user_id: Number(user_id) }] })
    expect(await outcome(post('/api/track', { event: 'e', user_id }))).toBe('200 suppressed')
    expect(await outcome(post('/api/v1/identify', { user_id, identity: somebody() }))).toBe('200 suppressed')
    await settle()
    expect(world.deletions).toEqual([{ users: [{ user_id: Number(user_id) }] }])
  })

  it('removes what waits in the outbox, and takes nothing more of the user', async () => {
    const identity = somebody()
    const shard = shardOf(`identity:${identity}`, 4)
    const neighbour = Array.from({ length: 50 }, somebody).find(
      (name) => shardOf(`identity:${name}`, 4) === shard,
    ) as string
    world.instead.push([/track/, () => new Response('', { status: 503 })])
    expect(await outcome(track(identity, 'old'))).toBe('202 queued')
    expect(await outcome(track(identity, 'newer'))).toBe('202 queued')
    world.instead.push([/track/, () => new Response('', { status: 503 })])
    expect(await outcome(track(neighbour, 'kept'))).toBe('202 queued')
    await deletionOf({ users: [{ identity }] })
    // 50 limiters are asked at once, MAX_LIVE_IDENTITIES here; what is beyond goes to the outbox unasked.
    const events = [...Array.from({ length: 50 }, somebody), identity].map((identity) => ({ event: 'e', identity }))
    expect(await outcome(post('/api/track', { events }))).toBe('202 queued')
    const before = vi.mocked(fetch).mock.calls.length
    vi.setSystemTime(Date.now() + MINUTE_MS)
    await runDurableObjectAlarm(outboxShard(env, APP_ID, shard))
    const sent = JSON.stringify(vi.mocked(fetch).mock.calls.slice(before))
    expect(sent).toContain('kept')
    expect(sent).not.toContain(identity)
    expect(await (await call('/admin/outbox')).json()).toMatchObject({ depth: 0, set_aside: 0 })
  })
})

describe('what Heap does', () => {
  const FAULTS: [name: string, RegExp, () => Response][] = [
    ['503', /user_deletion/, () => new Response('', { status: 503 })],
    [
      'a lost connection',
      /user_deletion/,
      () => {
        throw new TypeError('Network connection lost')
      },
    ],
    ['an answer without an id', /user_deletion/, () => Response.json({}, { status: 201 })],
    ['429', /user_deletion/, () => new Response('', { status: 429, headers: { 'Retry-After': '20' } })],
    ['401 for a token', /user_deletion/, () => Response.json({ error: 'x' }, { status: 401 })],
    ['500 for the token', /auth_token/, () => new Response('', { status: 500 })],
  ]
  it.each(FAULTS)('%s: it is submitted again', async (_, pattern, answer) => {
    world.instead.push([pattern, answer])
    const id = await deletionOf({ users: [{ identity: somebody() }] })
    await settle()
    for (let minutes = 0; minutes < 2; minutes++) await after(MINUTE_MS)
    expect(await shown(id)).toMatchObject({ state: 'pending', problem: null })
  })

  it('a refusal ends it: told, nothing deleted, nobody suppressed', async () => {
    world.instead.push([/user_deletion/, () => Response.json({ err: { message: 'too bad' } }, { status: 400 })])
    const identity = somebody()
    const id = await deletionOf({ users: [{ identity }] })
    await settle()
    expect(await shown(id)).toMatchObject({ state: 'failed', problem: expect.stringContaining('too bad') as string })
    expect(world.slack).toEqual([expect.stringMatching(/^Heap refuses to delete: 1 user\..*too bad/)])
    expect(await outcome(track(identity))).toBe('200 delivered')
  })

  it('an id that it forgets is submitted again, and both are shown', async () => {
    const id = await deletionOf({ users: [{ identity: somebody() }] })
    await settle()
    world.instead.push([/deletion_status/, () => Response.json({ err: { message: 'Not found' } }, { status: 404 })])
    world.status = 'complete'
    await after(10 * MINUTE_MS)
    await after(10 * MINUTE_MS)
    expect(await shown(id)).toMatchObject({
      state: 'complete',
      requests: [
        { deletion_request_id: 'heap-0', status: 'unknown' },
        { deletion_request_id: 'heap-1', status: 'complete' },
      ],
    })
  })

  it('a token that expires in the middle is got again', async () => {
    const ids = [
      await deletionOf({ users: [{ identity: somebody() }] }),
      await deletionOf({ users: [{ identity: somebody() }] }),
    ]
    await settle()
    world.requests.length = 0
    world.status = 'complete'
    world.instead.push([/heap-1/, () => Response.json({ err: { message: 'expired' } }, { status: 401 })])
    await after(10 * MINUTE_MS)
    const others = world.requests.filter((request) => !request.endsWith('heap-0'))
    expect(others).toEqual([
      'POST /auth_token',
      'GET /deletion_status/heap-1',
      'POST /auth_token',
      'GET /deletion_status/heap-1',
    ])
    for (const id of ids) expect(await shown(id)).toMatchObject({ state: 'complete' })
  })

  it('asks about 40 in a round with one token, and about the others in the next', async () => {
    for (let i = 0; i < 45; i++) await deletionOf({ users: [{ identity: somebody() }] })
    await settle()
    world.requests.length = 0
    await after(10 * MINUTE_MS)
    expect(world.requests.filter((request) => request.startsWith('POST'))).toEqual(['POST /auth_token'])
    expect(world.requests).toHaveLength(41)
    world.requests.length = 0
    // Both at once: no deletion is asked about twice.
    await Promise.all([after(MINUTE_MS), app.scheduled({} as ScheduledController, env)])
    expect(world.requests.filter((request) => request.startsWith('GET'))).toHaveLength(5)
  })

  it('hours of pending: told after 4, once; given up after 24, and still found complete by hand', async () => {
    const id = await deletionOf({ records: OPT_OUTS })
    await settle()
    for (let i = 0; i < 23; i++) await after(10 * MINUTE_MS)
    expect(world.slack).toEqual([])
    await after(10 * MINUTE_MS)
    await after(10 * MINUTE_MS)
    expect(world.slack).toEqual([
      expect.stringMatching(/^Not yet deleted from Heap after 4 hours: john123, Mary, Jess\./),
    ])
    expect(await shown(id)).toMatchObject({ state: 'pending', overdue: true })
    await after(20 * HOUR_MS)
    expect(world.slack.at(-1)).toMatch(/^Not deleted from Heap after 24 hours/)
    expect(await shown(id)).toMatchObject({ state: 'timed_out', next_poll: null })
    world.requests.length = 0
    await after(HOUR_MS)
    expect(world.requests).toEqual([])

    world.status = 'complete'
    expect(await (await post(`/admin/deletions/${id}/poll`)).json()).toMatchObject({ state: 'complete' })
    await settle()
    expect(world.slack).toHaveLength(3)
  })

  it('a wrong key: once it is put right and somebody asks, its time begins anew', async () => {
    world.keyIsWrong = true
    const id = await deletionOf({ users: [{ identity: somebody() }] })
    for (let hours = 0; hours < 30; hours += 10) await after(10 * HOUR_MS)
    expect(await shown(id)).toMatchObject({ state: 'timed_out', requests: [] })
    world.keyIsWrong = false
    await post(`/admin/deletions/${id}/poll`)
    await settle()
    await after(10 * MINUTE_MS)
    expect(await shown(id)).toMatchObject({ state: 'pending', overdue: false })
    await after(25 * HOUR_MS)
    expect(world.slack.filter((text) => text.startsWith('Not deleted'))).toHaveLength(2)
  })

  it('a day without cron: what Heap has done by then is complete', async () => {
    const id = await deletionOf({ users: [{ identity: somebody() }] })
    await settle()
    world.status = 'complete'
    await after(26 * HOUR_MS)
    expect(await shown(id)).toMatchObject({ state: 'complete' })
    expect(world.slack).toEqual(['Deleted from Heap: 1 user'])
  })

  it('is not asked by hand more than once a minute', async () => {
    const id = await deletionOf({ users: [{ identity: somebody() }] })
    await settle()
    world.requests.length = 0
    for (let i = 0; i < 3; i++) expect((await post(`/admin/deletions/${id}/poll`)).status).toBe(200)
    expect(world.requests).toEqual(['GET /deletion_status/heap-0'])
  })

  it('a receiver that fails gets it again, with the same id', async () => {
    world.instead.push(
      [/slack/, () => new Response('', { status: 500 })],
      [/receiver/, () => new Response('', { status: 503 })],
    )
    const id = await deletionOf({ users: [{ identity: somebody() }] })
    await settle()
    world.status = 'complete'
    await after(10 * MINUTE_MS)
    expect([world.slack, world.received.map(({ headers }) => headers.get('webhook-id'))]).toEqual([
      ['Deleted from Heap: 1 user'],
      [`${id}_complete`],
    ])
    const { notifications } = await shown(id)
    expect(notifications.map(({ channel, attempts }) => [channel, attempts])).toEqual([
      ['slack', 2],
      ['webhook', 2],
    ])
  })
})

describe('requests', () => {
  it('the same Idempotency-Key is the same deletion', async () => {
    const users = [{ identity: somebody() }]
    const key = { 'Idempotency-Key': `key-${serial++}` }
    const id = await deletionOf({ users }, key)
    expect(await deletionOf({ users }, key)).toBe(id)
    const response = await post('/admin/deletions', { users: [{ identity: somebody() }] }, key)
    expect([response.status, await response.json()]).toMatchObject([422, { type: '/docs#idempotency-key-reused' }])
    await settle()
    expect(world.deletions).toHaveLength(1)
  })

  it('are listed by pages and by state, newest first', async () => {
    const ids: string[] = []
    for (let i = 0; i < 3; i++) ids.unshift(await deletionOf({ users: [{ identity: somebody() }] }))
    const list = async (query: string) => {
      const response = await call(`/admin/deletions?${query}`)
      return response.json<{ deletions: { id: string; state: string }[]; next: string | null }>()
    }
    const { deletions, next } = await list('limit=2')
    expect(deletions.map(({ id }) => id)).toEqual(ids.slice(0, 2))
    expect((await list(`limit=1&after=${next}`)).deletions.map(({ id }) => id)).toEqual(ids.slice(2))
    expect((await list('state=accepted')).deletions.map(({ id }) => id)).toEqual(ids)
    await settle()
    expect((await list('state=accepted')).deletions).toEqual([])
  })

  const BAD: [body: unknown, pointer: string][] = [
    [undefined, ''],
    [[], ''],
    [{}, '/users'],
    [{ users: [] }, '/users'],
    [{ users: 'alice' }, '/users'],
    [{ users: [{}] }, '/users/0'],
    [{ users: [{ identity: 'a' }, { identity: 'a', user_id: '1' }] }, '/users/1'],
    [{ users: [{ user_id: 'x' }] }, '/users/0/user_id'],
    [{ users: Array.from({ length: 10_001 }, (_, user_id) => ({ user_id })) }, '/users'],
    [{ users: [{ identity: 'a' }], app_id: '987654321' }, '/app_id'],
    [{ users: [{ identity: 'a' }], records: OPT_OUTS }, '/records'],
    [{ records: [] }, '/records'],
    [{ records: [OPT_OUTS[0], { ...OPT_OUTS[1], identity_type: 'email' }] }, '/records/1/identity_type'],
    [{ records: [OPT_OUTS[1], { ...OPT_OUTS[0], value: '' }] }, '/records/1/value'],
    [{ records: [{ ...OPT_OUTS[0], opt_out: 'true' }] }, '/records/0/opt_out'],
    [{ records: [null] }, '/records/0'],
  ]
  it.each(BAD)('%j is refused at %j, and nothing is submitted', async (body, pointer) => {
    const response = await post('/admin/deletions', body)
    expect(response.status).toBe(400)
    const { errors } = await response.json<{ errors: { pointer: string }[] }>()
    expect(errors.map((error) => error.pointer)).toContain(pointer)
    await settle()
    expect(world.requests).toEqual([])
  })

  it.each([
    ['GET', '/admin/deletions/none', 404],
    ['POST', '/admin/deletions/none/poll', 404],
    ['GET', '/admin/deletions?state=done', 400],
    ['GET', '/admin/deletions?limit=0', 400],
  ])('%s %s is answered %i', async (method, path, status) => {
    expect((await call(path, { method })).status).toBe(status)
  })

  it.each(['/admin/deletions', '/admin/deletions/x/poll'])('%s needs the token', async (path) => {
    const response = await post(path, { users: [{ identity: 'a' }] }, { Authorization: 'Bearer wrong' })
    expect(response.status).toBe(401)
  })
})

describe("Heap's own routes", () => {
  const basic = (text: string) => ({ Authorization: `Basic ${btoa(text)}` })
  const token = async () => {
    const response = await post('/api/public/v0/auth_token', undefined, basic(`${APP_ID}:local-admin-token`))
    return (await response.json<{ access_token: string }>()).access_token
  }

  it('take a deletion from the token to the end', async () => {
    const bearer = { Authorization: `Bearer ${await token()}` }
    const submitted = await post(
      '/api/public/v0/user_deletion',
      { users: [{ identity: somebody() }, { user_id: 7 }] },
      bearer,
    )
    expect(submitted.status).toBe(201)
    const { deletion_request_id, deletion_request_location, status } = await submitted.json<Record<string, string>>()
    expect(status).toBe('pending')
    const path = `/api/public/v0/deletion_status/${deletion_request_id}`
    expect(deletion_request_location).toBe(`https://edge.example${path}`)
    const ask = async () => (await call(path, { headers: bearer })).json()
    expect(await ask()).toEqual({ deletion_request_id, status: 'pending' })
    await settle()
    world.status = 'complete'
    await after(4 * MINUTE_MS)
    await post(`/admin/deletions/${deletion_request_id}/poll`)
    expect(await ask()).toEqual({ deletion_request_id, status: 'complete' })
    vi.setSystemTime(Date.now() + 2 * MINUTE_MS)
    expect((await call(path, { headers: bearer })).status).toBe(401)
  })

  it.each([
    ['another environment', '987654321:local-admin-token'],
    ['another token', `${APP_ID}:local-admin-tokem`],
    ["Heap's key", `${APP_ID}:local-api-key`],
    ['nothing', ''],
  ])('let nobody in with %s', async (_, credentials) => {
    const response = await post('/api/public/v0/auth_token', undefined, basic(credentials))
    expect([response.status, await response.json()]).toMatchObject([401, { err: { message: 'Unauthorized' } }])
  })

  it('answer errors as Heap does', async () => {
    const bearer = { Authorization: `Bearer ${await token()}` }
    const bad = await post('/api/public/v0/user_deletion', { users: [{}] }, bearer)
    expect([bad.status, await bad.json()]).toMatchObject([
      400,
      { err: { message: expect.stringMatching(/^\/users\/0 /) as string } },
    ])
    expect((await call('/api/public/v0/deletion_status/none', { headers: bearer })).status).toBe(404)
    const forged = { Authorization: `Bearer ${(await token()).slice(0, -2)}xx` }
    expect((await call('/api/public/v0/deletion_status/none', { headers: forged })).status).toBe(401)
    expect((await call('/api/public/v0/deletion_status/none')).status).toBe(401)
  })
})
