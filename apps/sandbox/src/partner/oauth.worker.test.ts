import { partner } from '@heap-edge/contract'
import { beforeEach, describe, expect, it } from 'vitest'
import { addFault, advance, call, list, post, reset, told } from '../testing.ts'

beforeEach(reset)

const CALLBACK = 'http://localhost:8787/connect/heap/callback'
const REQUEST = {
  client_id: 'local-client-id',
  state: 'a state',
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'segment',
}
const CLAIM = {
  grant_type: 'authorization_code',
  redirect_uri: CALLBACK,
  client_id: 'local-client-id',
  client_secret: 'local-client-secret',
}
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

function authorize(changed: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> {
  const given = Object.entries({ ...REQUEST, ...changed }).filter(([, value]) => value !== '')
  const query = new URLSearchParams(given).toString()
  return call(`/api/partner/oauth/authorize?${query}`, { redirect: 'manual', ...init })
}

/** What a person does with one of the buttons. */
function decide(decision: string, changed?: Record<string, string>, headers: Record<string, string> = {}) {
  return authorize(changed, { method: 'POST', headers: { ...FORM, ...headers }, body: `decision=${decision}` })
}

/** The query with which the partner is called back. */
async function backWith(answer: Promise<Response>): Promise<Record<string, string>> {
  const response = await answer
  expect(response.status).toBe(302)
  const location = response.headers.get('Location') ?? ''
  expect(location.startsWith(`${CALLBACK}?`)).toBe(true)
  return Object.fromEntries(new URL(location).searchParams)
}

async function code(): Promise<string> {
  return (await backWith(decide('allow'))).code ?? ''
}

function exchange(claim: Record<string, unknown>): Promise<Response> {
  return post('/api/partner/oauth/token', { ...CLAIM, ...claim })
}

async function connected() {
  return partner.partnerTokenAnswer.parse(await (await exchange({ code: await code() })).json())
}

function metadata(id: string, token: string): Promise<Response> {
  return call(`/api/partner/v1/metadata/${id}`, { headers: { Authorization: `Bearer ${token}` } })
}

describe('the question', () => {
  it('names the partner and where it goes back to, as text', async () => {
    const answer = await authorize({ redirect_uri: 'http://localhost/<b>' })
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/html'])
    expect(answer.headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    const page = await answer.text()
    expect(page).toContain('<h1>Connect local-client-id to the local Heap?</h1>')
    expect(page).toContain('http://localhost/&lt;b&gt;')
    expect(page).toContain('<form method="post">')
  })

  it.each<[string, Record<string, string>]>([
    ['another partner', { client_id: 'another' }],
    ['no partner', { client_id: '' }],
    ['no redirect_uri', { redirect_uri: '' }],
    ['one that is none', { redirect_uri: '/callback' }],
    ['one of another machine', { redirect_uri: 'https://example.com/callback' }],
    ['one that only begins like this machine', { redirect_uri: 'http://localhost.example.com/' }],
    ['one with a user', { redirect_uri: 'http://localhost@example.com/' }],
    ['one with a query', { redirect_uri: `${CALLBACK}?a=1` }],
    ['one with an empty query', { redirect_uri: `${CALLBACK}?` }],
    ['one with a fragment', { redirect_uri: `${CALLBACK}#a` }],
    ['one that is no page', { redirect_uri: 'javascript://localhost/%0aalert(1)' }],
  ])('of %s is refused, and nobody is sent anywhere', async (_, changed) => {
    for (const answer of [await authorize(changed), await decide('allow', changed), await decide('deny', changed)]) {
      expect([answer.status, answer.headers.has('Location')]).toEqual([400, false])
    }
  })

  it.each([
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: '' }, 'unsupported_response_type'],
    [{ scope: 'segment,users' }, 'invalid_scope'],
    [{ scope: '' }, 'invalid_scope'],
  ])('with %j goes back with an error', async (changed, error) => {
    expect(await backWith(authorize(changed))).toEqual({ error, state: 'a state' })
    expect(await backWith(decide('allow', changed))).toEqual({ error, state: 'a state' })
  })

  it('without a state goes back with an error', async () => {
    expect(await backWith(authorize({ state: '' }))).toEqual({ error: 'invalid_request' })
  })

  it('can be denied', async () => {
    expect(await backWith(decide('deny'))).toEqual({ error: 'access_denied', state: 'a state' })
  })

  it('is answered by nothing else, and by no page of another site', async () => {
    expect((await decide('perhaps')).status).toBe(400)
    expect((await decide('allow', {}, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(400)
  })
})

describe('the code', () => {
  it('comes with the state and becomes tokens, once', async () => {
    const { code, state } = await backWith(decide('allow', { state: 'a&b=c é' }))
    expect(state).toBe('a&b=c é')
    const answer = await exchange({ code })
    expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([200, 'no-store'])
    expect(await answer.json()).toEqual({
      access_token: expect.stringMatching(/^[\w-]{36}$/),
      id_token: expect.stringMatching(/^[\w-]{36}$/),
      token_type: 'bearer',
    })
    expect(await told(exchange({ code }))).toEqual([400, '{"error":"invalid_grant"}'])
  })

  it('is taken from a form too', async () => {
    const body = new URLSearchParams({ ...CLAIM, code: await code() }).toString()
    expect((await post('/api/partner/oauth/token', body, FORM)).status).toBe(200)
  })

  it('lives for ten minutes', async () => {
    const [early, late] = [await code(), await code()]
    await advance(599_000)
    expect((await exchange({ code: early })).status).toBe(200)
    await advance(1000)
    expect(await told(exchange({ code: late }))).toEqual([400, '{"error":"invalid_grant"}'])
  })

  it.each<[Record<string, unknown>, number, string]>([
    [{ code: 'made-up' }, 400, 'invalid_grant'],
    [{ code: undefined }, 400, 'invalid_request'],
    [{ redirect_uri: `${CALLBACK}/` }, 400, 'invalid_grant'],
    [{ redirect_uri: 5 }, 400, 'invalid_request'],
    [{ grant_type: 'refresh_token' }, 400, 'unsupported_grant_type'],
    [{ grant_type: undefined }, 400, 'invalid_request'],
    [{ client_id: 'another' }, 401, 'invalid_client'],
    [{ client_secret: 'local-client-secrez' }, 401, 'invalid_client'],
    [{ client_secret: '' }, 400, 'invalid_request'],
  ])('with %j is refused, and is still there', async (changed, status, error) => {
    const given = await code()
    expect(await told(exchange({ code: given, ...changed }))).toEqual([status, JSON.stringify({ error })])
    expect((await exchange({ code: given })).status).toBe(200)
  })

  it.each(['', '{', '[]', 'null', '5'])('in the body %j is not found', async (body) => {
    expect(await told(post('/api/partner/oauth/token', body))).toEqual([400, '{"error":"invalid_request"}'])
  })

  it('is subject to faults like all of Heap', async () => {
    await addFault({ path: '/api/partner/oauth/token', status: 503, times: 1 })
    const given = await code()
    expect((await exchange({ code: given })).status).toBe(503)
    expect((await exchange({ code: given })).status).toBe(200)
    expect(await list('requests')).toMatchObject([
      { method: 'POST', path: '/api/partner/oauth/token', status: 200 },
      { status: 503, note: 'answered 503 by a fault' },
      { method: 'POST', path: '/api/partner/oauth/authorize', status: 302 },
    ])
  })
})

describe('the metadata', () => {
  it('tell which environment was connected, by whom and when', async () => {
    const { access_token, id_token } = await connected()
    const answer = await metadata(id_token, access_token)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      env_id: '123456789',
      partner_app_id: '1',
      authorized_by: 'you@example.com',
      authorized_scope: 'segment',
      authorized_at_utc: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    })
  })

  it('are for the right token and customer only', async () => {
    const { access_token, id_token } = await connected()
    expect(await told(metadata(id_token, 'made-up'))).toEqual([401, '{"error":"invalid_token"}'])
    expect((await call(`/api/partner/v1/metadata/${id_token}`)).status).toBe(401)
    expect(await told(metadata('another', access_token))).toEqual([404, '{"error":"not_found"}'])
  })

  it('of whoever connects once more are of the same customer, by a new token', async () => {
    const first = await connected()
    const second = await connected()
    expect(second.id_token).toBe(first.id_token)
    expect((await metadata(first.id_token, first.access_token)).status).toBe(401)
    expect((await metadata(second.id_token, second.access_token)).status).toBe(200)
    await reset()
    expect((await metadata(second.id_token, second.access_token)).status).toBe(401)
  })
})
