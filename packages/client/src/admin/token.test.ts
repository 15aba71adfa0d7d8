import { describe, expect, it } from 'vitest'
import { json, never } from '../fakes.ts'
import { BASIC, fakeHeap, stating } from './fakes.ts'

it('asks for a token with the key as UTF-8, and only when a call needs one', async () => {
  const { admin, seen } = fakeHeap()
  await admin.request('GET', '/api/x', { auth: 'none' })
  expect(seen.map(({ headers }) => headers.get('authorization'))).toEqual([null])
  await admin.request('GET', '/api/x')
  expect(
    seen.slice(1).map(({ method, url, headers, text }) => [method, url, headers.get('authorization'), text]),
  ).toEqual([
    ['POST', 'https://heapanalytics.com/api/public/v0/auth_token', `Basic ${BASIC}`, ''],
    ['GET', 'https://heapanalytics.com/api/x', 'Bearer token-0', ''],
  ])
})

it('keeps a token for four minutes of the five that it lives', async () => {
  const { admin, options, fetchedTokens, issued } = fakeHeap()
  await admin.request('GET', '/api/x')
  await options.sleep(239_999)
  await admin.request('GET', '/api/x')
  expect(fetchedTokens()).toBe(1)
  await options.sleep(1)
  await admin.request('GET', '/api/x')
  expect(fetchedTokens()).toBe(2)
  expect((issued[1] ?? 0) - (issued[0] ?? 0)).toBe(240_000)
})

describe('callers at the same time', () => {
  it('share one', async () => {
    const { admin, fetchedTokens, calls } = fakeHeap()
    await Promise.all(Array.from({ length: 20 }, () => admin.request('GET', '/api/x')))
    expect([fetchedTokens(), calls().length]).toEqual([1, 20])
  })

  it('share a failure, which is not kept', async () => {
    const { admin, fetchedTokens } = fakeHeap(undefined, {}, (_, index) =>
      index === 0 ? json(401, { err: { message: 'Unauthorized' } }) : json(200, { access_token: 't' }),
    )
    const endings = await Promise.allSettled([1, 2, 3].map(() => admin.request('GET', '/api/x')))
    expect(endings).toMatchObject(
      Array(3).fill({ status: 'rejected', reason: { name: 'HeapRequestError', status: 401 } }),
    )
    expect(fetchedTokens()).toBe(1)
    expect(await admin.request('GET', '/api/x')).toMatchObject({ status: 201 })
  })

  it('share one where all are refused with the old one', async () => {
    const { admin, issued, fetchedTokens } = fakeHeap()
    await admin.request('GET', '/api/x')
    issued.fill(-Infinity)
    await Promise.all(Array.from({ length: 5 }, () => admin.request('GET', '/api/x')))
    expect(fetchedTokens()).toBe(2)
  })

  it('do not fall with the one that asked for it and gave up', async () => {
    const abort = new AbortController()
    const { admin, fetchedTokens } = fakeHeap(undefined, {}, ({ signal }, index) =>
      index === 0 ? never(signal) : json(200, { access_token: 't' }),
    )
    const first = admin.request('GET', '/api/x', { signal: abort.signal })
    const second = admin.request('GET', '/api/x')
    const third = admin.request('GET', '/api/x')
    abort.abort()
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    expect(await Promise.all([second, third])).toMatchObject([{ status: 201 }, { status: 201 }])
    expect(fetchedTokens()).toBe(2)
  })

  it('may give up without the one that asks for it', async () => {
    const abort = new AbortController()
    const got = Promise.withResolvers<Response>()
    const { admin, fetchedTokens } = fakeHeap(undefined, {}, () => got.promise)
    const first = admin.request('GET', '/api/x')
    const second = admin.request('GET', '/api/x', { signal: abort.signal })
    abort.abort('enough')
    await expect(second).rejects.toBe('enough')
    const third = admin.request('GET', '/api/x')
    got.resolve(json(200, { access_token: 't' }))
    expect(await Promise.all([first, third])).toMatchObject([{ status: 201 }, { status: 201 }])
    expect(fetchedTokens()).toBe(1)
  })

  it('do not wait for ever where the one that asked is gone', async () => {
    const { admin, fetchedTokens } = fakeHeap(undefined, { timeout: 20 }, (_, index) =>
      // As a request of a Worker that has ended: nothing comes any more, not even its own timeout.
      index === 0 ? new Promise<Response>(() => {}) : json(200, { access_token: 't' }),
    )
    void admin.request('GET', '/api/x')
    expect(await Promise.all([1, 2, 3].map(() => admin.request('GET', '/api/x')))).toHaveLength(3)
    expect(fetchedTokens()).toBe(2)
  })
})

describe('a call that is answered 401', () => {
  it('is repeated once, with another token', async () => {
    const { admin, fetchedTokens, calls } = fakeHeap((_, index) => json(index === 0 ? 401 : 201, { a: 1 }))
    expect(await admin.request('POST', '/api/x', { body: { n: 1 } })).toMatchObject({ status: 201, body: { a: 1 } })
    expect(fetchedTokens()).toBe(2)
    expect(calls().map(({ headers, text }) => [headers.get('authorization'), text])).toEqual([
      ['Bearer token-0', '{"n":1}'],
      ['Bearer token-1', '{"n":1}'],
    ])
  })

  it('and again, is refused; the next call has its own chance', async () => {
    const { admin, fetchedTokens, calls } = fakeHeap(() => json(401, { message: 'Unauthorized' }))
    for (const sent of [2, 4]) {
      await expect(admin.request('GET', '/api/x')).rejects.toMatchObject({ name: 'HeapRequestError', status: 401 })
      expect(calls()).toHaveLength(sent)
    }
    // The second token is kept, since it is not known to be bad: a 401 may have other reasons.
    expect(fetchedTokens()).toBe(3)
  })

  it('without a token is refused at once', async () => {
    const { admin, seen } = fakeHeap(() => json(401))
    await expect(admin.request('GET', '/api/x', { auth: 'none' })).rejects.toMatchObject({ status: 401 })
    expect(seen).toHaveLength(1)
  })

  it('is repeated where there are no retries, too', async () => {
    const { admin } = fakeHeap((_, index) => json(index === 0 ? 401 : 200), { retry: { giveUpAfter: 0 } })
    expect(await admin.request('POST', '/api/x')).toMatchObject({ status: 200 })
  })
})

it('gets a new token where the old one runs out between the attempts of a call', async () => {
  const server = stating('pending')
  const { admin, fetchedTokens } = fakeHeap(
    (request, index) => (index === 0 ? json(429, {}, { 'retry-after': '280' }) : server(request, index)),
    { retry: { giveUpAfter: 600_000 } },
  )
  expect(await admin.deletionStatus('a')).toMatchObject({ status: 'pending' })
  expect(fetchedTokens()).toBe(2)
})

it('asks again for a token as for everything that may be repeated', async () => {
  const { admin, slept } = fakeHeap(undefined, {}, (_, index) => {
    if (index === 0) throw new TypeError('fetch failed')
    return index === 1 ? json(503) : json(200, { access_token: 't' })
  })
  await admin.request('POST', '/api/x')
  expect(slept).toEqual([250, 500])
})

it.each(['', 'OK', '{}', 'null', '[]', '{"auth_token":"t"}', '{"access_token":7}', '{"access_token":"a\\nb"}'])(
  'takes no token out of %j, and does not ask for ever',
  async (text) => {
    const { admin, seen } = fakeHeap(undefined, {}, () => new Response(text))
    await expect(admin.request('GET', '/api/x')).rejects.toMatchObject({
      name: 'HeapUnavailableError',
      status: 200,
      message: 'POST https://heapanalytics.com/api/public/v0/auth_token answered 200 without an access_token',
    })
    expect(seen).toHaveLength(1)
  },
)

it('hands out a token for other requests, and another one where that was refused', async () => {
  let tokens = 0
  const { admin } = fakeHeap(undefined, {}, () => json(200, { access_token: `t${++tokens}` }))
  expect(await admin.accessToken()).toBe('t1')
  expect(await admin.accessToken()).toBe('t1')
  expect(
    await Promise.all([{ refused: 't1' }, { refused: 't1' }].map((options) => admin.accessToken(options))),
  ).toEqual(['t2', 't2'])
  expect(await admin.accessToken({ refused: 't1' })).toBe('t2')
})
