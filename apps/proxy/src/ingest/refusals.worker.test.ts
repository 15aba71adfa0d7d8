/**
 * What is refused before a Durable Object is asked: identities that are not proven, and floods from one address.
 */
import * as workers from 'cloudflare:workers'
import { signIdentity } from 'heap-edge/admin'
import { jwtVerify, SignJWT, UnsecuredJWT } from 'jose'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../env.ts'
import app from '../index.ts'

const env = workers.env as unknown as Env
const SECRET = 'the-secret-of-the-site'
const ADMIN = 'Bearer local-admin-token'

let sent: { url: string; body: Record<string, unknown> }[]
beforeEach(() => {
  sent = []
  vi.restoreAllMocks()
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    sent.push({ url: url as string, body: JSON.parse(init?.body as string) })
    return Response.json({})
  })
})

/** Bindings that say so when they are touched. */
let touched = 0
const watched = (namespace: object) =>
  new Proxy(namespace, {
    get(target, name) {
      touched++
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
const { IDENTITY_LIMITER, APP_BUDGET, OUTBOX, DELETIONS } = env
const objects = Object.fromEntries(
  Object.entries({ IDENTITY_LIMITER, APP_BUDGET, OUTBOX, DELETIONS }).map(([name, value]) => [name, watched(value)]),
)

/** Workers with other settings; each is a bindings object of its own, which lives as long as an isolate. */
const withSettings = (settings: object): Env => ({ ...env, ...objects, ...settings })

async function post(env: Env, path: string, body: object, headers: Record<string, string> = {}) {
  touched = 0
  sent = []
  const request = new Request(`https://edge.example${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: 'https://shop.example', ...headers },
    body: JSON.stringify(body),
  })
  return app.fetch(request, env)
}

interface Answer {
  type: string
  detail: string
  errors?: { pointer: string; detail: string }[]
}

/** The answer that refuses, of which nothing was done before. */
async function refusalOf(response: Response): Promise<Answer> {
  expect([touched, sent]).toEqual([0, []])
  expect(response.headers.get('Heap-Edge-Outcome')).toBe('rejected')
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://shop.example')
  return response.json()
}

let serial = 0
const somebody = () => `proven-${serial++}@example.com`

describe('with IDENTITY_SECRET', () => {
  const proving = withSettings({ IDENTITY_SECRET: SECRET })
  const key = new TextEncoder().encode(SECRET)
  const seconds = (from: number) => Math.floor(Date.now() / 1000) + from
  const jwt = (claims: object, by: Uint8Array = key, alg = 'HS256') =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg }).sign(by)
  const alice = 'alice@example.com'
  const good = () => signIdentity(alice, SECRET)

  it.each(['alice@example.com', 'Ålice 😀 語', 'a'.repeat(255), '"\\/\u0000\u2028', '語'.repeat(255), 'e\u0301', 42])(
    'a token of signIdentity proves %j, to jose and to the Worker',
    async (identity) => {
      const token = await signIdentity(identity, SECRET, { expiresIn: 60 })
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['exp'] })
      expect(payload.sub).toBe(String(identity))
      const headers = { Authorization: `bearer ${token}` }
      for (const [path, body] of [
        [
          '/api/track',
          {
            events: [
              { event: 'e', identity },
              { event: 'e', user_id: 7 },
              { event: 'f', identity },
            ],
          },
        ],
        ['/api/add_user_properties', { users: [{ identity }], user_properties: [{ identity }] }],
        ['/api/v1/identify', { user_id: 8, identity }],
      ] as const) {
        expect((await post(proving, path, body, headers)).status).toBe(200)
        expect(JSON.stringify(sent)).not.toContain(token)
      }
      const other = await post(
        proving,
        '/api/track',
        { event: 'e', identity: `not ${identity}`.slice(0, 255) },
        headers,
      )
      expect(await refusalOf(other)).toMatchObject({
        type: '/docs#identity-not-proven',
        detail: expect.stringContaining('for another identity'),
        errors: [{ pointer: '/identity', detail: 'is not proven' }],
      })
    },
  )

  it.each<[string, string, () => string | undefined | Promise<string | undefined>]>([
    ['none', 'has none', () => undefined],
    ['an empty one', 'has none', () => 'Bearer '],
    ['another scheme', 'has none', () => `Basic ${btoa(`${alice}:${SECRET}`)}`],
    ['what is no token', 'not valid', () => 'Bearer x'],
    ['the secret itself', 'not valid', () => `Bearer ${SECRET}`],
    ['one by another secret', 'not valid', async () => `Bearer ${await signIdentity(alice, `${SECRET}!`)}`],
    [
      'one that is not signed',
      'not valid',
      () => `Bearer ${new UnsecuredJWT({ sub: alice, exp: seconds(60) }).encode()}`,
    ],
    ['one by HS512', 'not valid', async () => `Bearer ${await jwt({ sub: alice, exp: seconds(60) }, key, 'HS512')}`],
    ['one that never ends', 'not valid', async () => `Bearer ${await jwt({ sub: alice })}`],
    ['one whose end is no time', 'not valid', async () => `Bearer ${await jwt({ sub: alice, exp: '2099' })}`],
    ['one for nobody', 'not valid', async () => `Bearer ${await jwt({ exp: seconds(60) })}`],
    ['one whose sub is no text', 'not valid', async () => `Bearer ${await jwt({ sub: [alice], exp: seconds(60) })}`],
    [
      'one that holds later',
      'not valid',
      async () => `Bearer ${await jwt({ sub: alice, exp: seconds(99), nbf: seconds(60) })}`,
    ],
    [
      'one with a changed sub',
      'not valid',
      async () => {
        const [header, , signature] = (await signIdentity('bob', SECRET)).split('.')
        return `Bearer ${header}.${btoa(JSON.stringify({ sub: alice, exp: seconds(60) })).replace(/=+$/, '')}.${signature}`
      },
    ],
    [
      'one of more than 4096 characters',
      'not valid',
      async () => `Bearer ${await jwt({ sub: alice, exp: seconds(60), more: 'x'.repeat(4000) })}`,
    ],
    ['one that ended 31 s ago', 'expired', async () => `Bearer ${await jwt({ sub: alice, exp: seconds(-31) })}`],
    ['one for somebody else', 'another identity', async () => `Bearer ${await signIdentity('bob', SECRET)}`],
    ['one for Alice', 'another identity', async () => `Bearer ${await signIdentity('Alice@example.com', SECRET)}`],
    ['the admin token and more', 'not valid', () => `${ADMIN}x`],
  ])('%s is refused, and the answer says why and nothing else', async (_, why, authorization) => {
    const given = await authorization()
    const headers = given === undefined ? undefined : { Authorization: given }
    const response = await post(proving, '/api/track', { event: 'e', identity: alice }, headers)
    expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer error="invalid_token"'])
    const text = await response.clone().text()
    const { detail, errors } = await refusalOf(response)
    expect(detail).toContain(why)
    expect(errors).toEqual([{ pointer: '/identity', detail: 'is not proven' }])
    const token = given?.slice('Bearer '.length) ?? ''
    for (const secret of [alice, 'bob', SECRET]) expect(text).not.toContain(secret)
    if (token.length > 1) expect(text).not.toContain(token)
  })

  it('takes one that ended within half a minute, since clocks differ', async () => {
    const token = await jwt({ sub: alice, exp: seconds(-25) })
    const answer = await post(
      proving,
      '/api/track',
      { event: 'e', identity: alice },
      { Authorization: `Bearer ${token}` },
    )
    expect(answer.status).toBe(200)
  })

  it('points at each identity that is not proven, as it was sent, and at 100 at most', async () => {
    const headers = { Authorization: `Bearer ${await good()}` }
    const pointers = async (path: string, body: object, authorized = true) => {
      const { errors = [] } = await refusalOf(await post(proving, path, body, authorized ? headers : {}))
      return errors.map(({ pointer }) => pointer)
    }
    const events = [
      { event: 'e', identity: alice },
      { event: 'e', identity: 'bob' },
      { event: 'e', user_id: 1 },
      { event: 'e', identity: 7 },
    ]
    expect(await pointers('/api/track', { events })).toEqual(['/events/1/identity', '/events/3/identity'])
    expect(await pointers('/api/track', { events }, false)).toEqual([0, 1, 3].map((n) => `/events/${n}/identity`))
    const [mine, theirs] = [{ identity: alice }, { identity: 'bob' }]
    expect(
      await pointers('/api/add_user_properties', { users: [mine, theirs], user_properties: [mine, theirs] }),
    ).toEqual(['/users/1/identity', '/user_properties/1/identity'])
    expect(await pointers('/api/add_user_properties', { user_properties: [theirs] })).toEqual([
      '/user_properties/0/identity',
    ])
    expect(await pointers('/api/v1/identify', { user_id: 1, identity: 'bob' })).toEqual(['/identity'])
    const many = await pointers('/api/track', { events: Array(1000).fill({ event: 'e', identity: 'bob' }) })
    expect(many).toEqual(Array.from({ length: 100 }, (_, n) => `/events/${n}/identity`))
  })

  it.each([
    ['/api/track', { event: 'e', user_id: 1234 }],
    ['/api/track', { events: [{ event: 'e', user_id: 1234 }] }],
    ['/api/add_account_properties', { account_id: 'acme' }],
    ['/api/add_account_properties', { accounts: [{ account_id: 'acme' }] }],
  ])('%s without an identity needs no token, and does not mind a bad one', async (path, body) => {
    expect((await post(proving, path, body)).status).toBe(200)
    expect((await post(proving, path, body, { Authorization: 'Bearer x' })).status).toBe(200)
  })

  it("takes the admin token for everybody, so that a site's servers can load lists", async () => {
    const events = Array.from({ length: 5 }, () => ({ event: 'e', identity: somebody() }))
    expect((await post(proving, '/api/track', { events }, { Authorization: ADMIN })).status).toBe(200)
    // Where there is none, there is no way around a token of the identity.
    const closed = withSettings({ IDENTITY_SECRET: SECRET, ADMIN_TOKEN: undefined })
    for (const given of [ADMIN, 'Bearer undefined', 'Bearer ']) {
      const response = await post(closed, '/api/track', { events }, { Authorization: given })
      expect((await refusalOf(response)).errors).toHaveLength(5)
    }
  })

  it('imports the key once', async () => {
    const imports = vi.spyOn(crypto.subtle, 'importKey')
    const authorization = `Bearer ${await good()}`
    imports.mockClear()
    const user = { identity: alice }
    for (let i = 0; i < 3; i++) await post(proving, '/api/add_user_properties', user, { Authorization: authorization })
    expect(imports).not.toHaveBeenCalled()
    const other = withSettings({ IDENTITY_SECRET: `${SECRET}, a new one` })
    expect((await post(other, '/api/add_user_properties', user, { Authorization: authorization })).status).toBe(401)
  })

  it('changes nothing where it is not set, whatever is sent', async () => {
    const imports = vi.spyOn(crypto.subtle, 'importKey')
    const answer = await post(
      withSettings({}),
      '/api/track',
      { event: 'e', identity: somebody() },
      { Authorization: 'Bearer x' },
    )
    expect(answer.status).toBe(200)
    expect(imports).not.toHaveBeenCalled()
  })
})

describe('with CLIENT_RATE_LIMIT on', () => {
  const made = (count: number) => ({
    events: Array.from({ length: count }, () => ({ event: 'e', identity: somebody() })),
  })
  const from = (address: string) => ({ 'CF-Connecting-IP': address })

  /** A rate limiter that writes down what it is asked, and answers. */
  function limited(success: boolean) {
    const asked: object[] = []
    const limit = async (options: object) => {
      asked.push(options)
      return { success }
    }
    return { asked, env: withSettings({ CLIENT_RATE_LIMIT: 'on', CLIENT_RATE_LIMITER: { limit } }) }
  }

  it('charges each owner of a body once, and lets through what is granted', async () => {
    const { asked, env } = limited(true)
    const events = [
      { event: 'e', identity: '7' },
      { event: 'f', identity: 7 },
      { event: 'e', user_id: 7 },
      { event: 'e', user_id: '007' },
      { event: 'e', identity: somebody() },
    ]
    expect((await post(env, '/api/track', { events }, from('203.0.113.9'))).status).toBe(200)
    const accounts = [{ account_id: 'acme' }, { account_id: 'other' }]
    await post(env, '/api/add_account_properties', { accounts }, from('2001:db8:1:2:3:4:5:6'))
    await post(env, '/api/v1/identify', { user_id: 9, identity: somebody() }, from('2001:DB8:1:2::9'))
    expect(asked).toEqual([
      { key: '203.0.113.9', delta: 3 },
      { key: '2001:db8:1:2::/64', delta: 2 },
      { key: '2001:db8:1:2::/64', delta: 1 },
    ])
  })

  it('refuses what is not granted, but neither the admin token nor who has no address', async () => {
    const { asked, env } = limited(false)
    const refused = await post(env, '/api/track', made(2), from('203.0.113.9'))
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60'])
    const { type, detail } = await refusalOf(refused)
    expect(type).toBe('/docs#client-rate-limited')
    expect(detail).not.toContain('203.0.113.9')
    expect((await post(env, '/api/track', made(2), { ...from('203.0.113.9'), Authorization: ADMIN })).status).toBe(200)
    expect((await post(env, '/api/track', made(2))).status).toBe(200)
    expect(asked).toHaveLength(1)
  })

  it('charges nobody for what is bad or not proven', async () => {
    const { asked, env } = limited(true)
    await refusalOf(await post(env, '/api/track', { event: '' }, from('203.0.113.9')))
    const both = { ...env, IDENTITY_SECRET: SECRET }
    expect((await post(both, '/api/track', made(2), from('203.0.113.9'))).status).toBe(401)
    expect(asked).toEqual([])
  })

  it("stops a flood at the limit of wrangler.toml, by Cloudflare's rate limiter", async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    // Whoever comes through the guard finds the first Durable Object out of order: 503.
    const broken = () => {
      touched++
      throw new Error('out of order')
    }
    const namespace = new Proxy({}, { get: broken })
    const names = Object.keys(objects).map((name) => [name, namespace] as const)
    const env = withSettings({ CLIENT_RATE_LIMIT: 'on', ...Object.fromEntries(names) })
    const statuses: number[] = []
    for (const address of ['2001:db8:5::1', '2001:db8:5::2', '2001:db8:5:0:6::', '2001:db8:5::3', '2001:db8:5::4']) {
      const response = await post(env, '/api/track', made(1000), from(address))
      if (response.status === 429) await refusalOf(response)
      statuses.push(response.status)
    }
    // A minute of the real clock may end in between; then it is one more.
    expect(statuses[0]).toBe(503)
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(3)
    expect((await post(env, '/api/track', made(1), from('2001:db8:6::1'))).status).toBe(503)
  })

  it('asks nobody where it is off, and says so where the binding is missing', async () => {
    const limit = vi.fn<() => void>()
    const off = withSettings({ CLIENT_RATE_LIMIT: 'off', CLIENT_RATE_LIMITER: { limit } })
    expect((await post(off, '/api/track', made(2), from('203.0.113.9'))).status).toBe(200)
    expect(limit).not.toHaveBeenCalled()
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const missing = withSettings({ CLIENT_RATE_LIMIT: 'on', CLIENT_RATE_LIMITER: undefined })
    const response = await post(missing, '/api/track', made(2), from('203.0.113.9'))
    expect([response.status, touched]).toEqual([503, 0])
    expect(await response.json<Answer>()).toMatchObject({
      type: '/docs#misconfigured',
      detail: expect.stringContaining('CLIENT_RATE_LIMITER'),
    })
  })
})
