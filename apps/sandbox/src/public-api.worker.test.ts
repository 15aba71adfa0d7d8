import { beforeEach, describe, expect, it } from 'vitest'
import { advance, APP, call, list, OTHER_APP, post, reset, stats, told, track } from './testing.ts'

beforeEach(reset)

const basic = (credentials: string) => ({ Authorization: `Basic ${btoa(credentials)}` })

async function token(): Promise<string> {
  const answer = await call('/api/public/v0/auth_token', { method: 'POST', headers: basic(`${APP}:local-api-key`) })
  return (await answer.json<{ access_token: string }>()).access_token
}

async function remove(users: object[], access?: string) {
  const authorization = { Authorization: `Bearer ${access ?? (await token())}` }
  return post('/api/public/v0/user_deletion', { users }, authorization)
}

async function status(id: string, access?: string): Promise<Response> {
  const authorization = { Authorization: `Bearer ${access ?? (await token())}` }
  return call(`/api/public/v0/deletion_status/${id}`, { headers: authorization })
}

describe('the token', () => {
  it('is given for Main Production and its key', async () => {
    const answer = await call('/api/public/v0/auth_token', { method: 'POST', headers: basic(`${APP}:local-api-key`) })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ access_token: expect.stringMatching(/^[\w-]{36}$/) })
  })

  it.each<[string, Record<string, string>]>([
    ['another environment', basic(`${OTHER_APP}:local-api-key`)],
    ['another key', basic(`${APP}:local-api-kez`)],
    ['no key', basic(APP)],
    ['no credentials', {}],
    ['credentials that are not encoded', { Authorization: `Basic ${APP}:local-api-key` }],
    ['another scheme', { Authorization: `Bearer ${btoa(`${APP}:local-api-key`)}` }],
  ])('is not given for %s', async (_, headers) => {
    expect(await told(call('/api/public/v0/auth_token', { method: 'POST', headers }))).toEqual([
      401,
      '{"err":{"message":"Unauthorized"}}',
    ])
  })

  it('lives for 5 minutes', async () => {
    const old = await token()
    await advance(299_000)
    expect((await remove([{ identity: 'a' }], old)).status).toBe(201)
    await advance(1000)
    const refused = await remove([{ identity: 'a' }], old)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toEqual({
      err: { message: 'Unauthorized' },
      error: 'Unauthorized',
      message: 'The access token is missing, unknown or older than 5 minutes.',
    })
    expect((await status('x', 'made-up')).status).toBe(401)
    expect((await call('/api/public/v0/deletion_status/x')).status).toBe(401)
  })
})

describe('a deletion', () => {
  it('is pending for a minute, then the users are gone from every environment', async () => {
    for (const app_id of [APP, OTHER_APP]) {
      await track({ app_id, events: ['alice', 'bob'].map((identity) => ({ event: 'e', identity })) })
      await track({
        app_id,
        events: [
          { event: 'e', user_id: '7' },
          { event: 'e', user_id: '8' },
        ],
      })
    }
    const accepted = await remove([{ identity: 'alice' }, { user_id: 7 }, { identity: 'nobody' }])
    expect(accepted.status).toBe(201)
    const body = await accepted.json<{ deletion_request_id: string }>()
    const id = body.deletion_request_id
    expect(body).toEqual({
      deletion_request_id: expect.stringMatching(/^[\w-]{36}$/),
      deletion_request_location: `http://sandbox.test/api/public/v0/deletion_status/${id}`,
      status: 'pending',
    })

    await advance(59_000)
    await track({ event: 'late', identity: 'alice' })
    expect(await (await status(id)).json()).toEqual({ deletion_request_id: id, status: 'pending' })
    expect(await stats()).toMatchObject({ users: 8, events: 9 })

    await advance(1000)
    expect(await (await status(id)).json()).toEqual({ deletion_request_id: id, status: 'complete' })
    expect(await stats()).toMatchObject({ users: 4, events: 4 })
    expect((await list('events')).map((event) => event.identity ?? event.user_id)).toEqual(['8', 'bob', '8', 'bob'])
    expect(await list('deletions')).toMatchObject([
      { status: 'complete', count: 3, users: [{ identity: 'alice' }, { identity: 'nobody' }, { user_id: '7' }] },
    ])

    await track({ event: 'again', identity: 'alice' })
    expect(await list('users', '?identity=alice')).toMatchObject([{ events: 1 }])
  })

  it('of one of the user_ids takes the whole user along', async () => {
    for (const user_id of ['1', '2']) {
      await track({ event: 'e', user_id })
      await post('/api/v1/identify', { app_id: APP, user_id, identity: 'alice' })
    }
    await track({ event: 'e', identity: 'alice' })
    await track({ event: 'e', identity: 'bob' })
    const { deletion_request_id: id } = await (await remove([{ user_id: '1' }])).json<{ deletion_request_id: string }>()
    expect(await told(call(`/_sandbox/deletions/${id}/complete`, { method: 'POST' }))).toEqual([
      200,
      '{"status":"complete"}',
    ])
    expect(await stats()).toMatchObject({ users: 1, events: 1 })
    await track({ event: 'e', user_id: '2' })
    expect(await list('users', '?identity=2')).toEqual([expect.not.objectContaining({ identity: 'alice' })])
    // Completing it twice does nothing to who came after it.
    await track({ event: 'e', identity: 'alice' })
    expect((await call(`/_sandbox/deletions/${id}/complete`, { method: 'POST' })).status).toBe(200)
    expect(await stats()).toMatchObject({ users: 3, events: 3 })
  })

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['no users', {}],
    ['an empty list', { users: [] }],
    ['a user with both', { users: [{ identity: 'a', user_id: '1' }] }],
    ['a user with neither', { users: [{}] }],
    ['10001 users', { users: Array.from({ length: 10_001 }, (_, user_id) => ({ user_id })) }],
  ])('of %s is answered 400, with a reason', async (_, body) => {
    const authorization = { Authorization: `Bearer ${await token()}` }
    const answer = await post('/api/public/v0/user_deletion', body, authorization)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ err: { message: expect.any(String) } })
    expect(await list('deletions')).toEqual([])
  })

  it('takes 10,000 users', async () => {
    const users = Array.from({ length: 10_000 }, (_, user_id) => ({ user_id }))
    expect((await remove(users)).status).toBe(201)
    const [deletion] = await list('deletions', '?identity=9999')
    expect([deletion?.count, deletion?.users.length]).toEqual([10_000, 100])
  })

  it('of an id that nobody knows is answered 404', async () => {
    expect((await status('2dd3d6c5-5a3b-4d3a-8f0e-000000000000')).status).toBe(404)
    expect((await call('/_sandbox/deletions/unknown/complete', { method: 'POST' })).status).toBe(404)
  })
})
