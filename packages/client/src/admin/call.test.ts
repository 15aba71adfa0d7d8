import { describe, expect, it } from 'vitest'
import { json, never } from '../fakes.ts'
import { BASIC, fakeHeap, KEY } from './fakes.ts'

const network = () => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) })
}

describe('the reason is read out of', () => {
  it.each([
    ['{"err":{"message":"Unauthorized"}}', 'Unauthorized'],
    ['{"message":"Unauthorized"}', 'Unauthorized'],
    ['{"error":"Unauthorized"}', 'Unauthorized'],
    ['{"error":{"message":"Unauthorized"}}', 'Unauthorized'],
    ['{"type":"about:blank","detail":"Unauthorized"}', 'Unauthorized'],
    ['Unauthorized', 'Unauthorized'],
    ['', 'no reason'],
    ['{}', 'no reason'],
    ['x'.repeat(1000), 'x'.repeat(300)],
  ])('%.60j', async (text, reason) => {
    const { admin } = fakeHeap(() => new Response(text, { status: 403 }))
    await expect(admin.request('GET', '/api/x', { query: { identity: 'alice' } })).rejects.toMatchObject({
      name: 'HeapRequestError',
      status: 403,
      problems: [],
      message: `GET https://heapanalytics.com/api/x answered 403: ${reason}`,
    })
  })
})

describe.each([
  [400, 'HeapRequestError', 1, 1],
  [404, 'HeapRequestError', 1, 1],
  [429, 'HeapRateLimitError', 3, 3],
  [408, 'HeapUnavailableError', 3, 1],
  [425, 'HeapUnavailableError', 3, 1],
  [500, 'HeapUnavailableError', 3, 1],
  [503, 'HeapUnavailableError', 3, 1],
  ['network', 'HeapUnavailableError', 3, 1],
] as const)('%s', (status, name, ofGet, ofPost) => {
  const answer = () => (status === 'network' ? network() : json(status, {}))
  const retry = { giveUpAfter: 1000 }

  it.each([
    ['GET', ofGet],
    ['HEAD', ofGet],
    ['POST', ofPost],
    ['PUT', ofPost],
    ['PATCH', ofPost],
    ['DELETE', ofPost],
  ])(`ends a %s as ${name}, after %i attempts`, async (method, attempts) => {
    const { admin, calls } = fakeHeap(answer, { retry })
    await expect(admin.request(method, '/api/x')).rejects.toMatchObject({ name })
    expect(calls()).toHaveLength(attempts)
  })

  it('ends a deletion after as many as a GET', async () => {
    const { admin, calls } = fakeHeap(answer, { retry })
    await expect(admin.deleteUsers([{ identity: 'a' }])).rejects.toMatchObject({ name })
    expect(calls()).toHaveLength(ofGet)
  })

  it('ends after one attempt where there are no retries', async () => {
    const { admin, calls } = fakeHeap(answer, { retry: { giveUpAfter: 0 } })
    await expect(admin.request('GET', '/api/x')).rejects.toMatchObject({ name })
    expect(calls()).toHaveLength(1)
  })
})

it('keeps what Heap says in Retry-After', async () => {
  const { admin, slept } = fakeHeap((_, index) => json(index === 0 ? 429 : 200, {}, { 'retry-after': '7' }))
  await admin.request('POST', '/api/x')
  expect(slept).toEqual([7250])
})

it('follows nobody who points elsewhere', async () => {
  const redirects: unknown[] = []
  const { admin } = fakeHeap(undefined, {
    async fetch(url, init) {
      redirects.push(init.redirect)
      if (url.endsWith('auth_token')) return json(200, { access_token: 't' })
      return new Response(null, { status: 307, headers: { location: 'https://evil.example' } })
    },
  })
  await expect(admin.request('GET', '/api/x')).rejects.toMatchObject({ name: 'HeapRequestError', status: 307 })
  expect(redirects).toEqual(['manual', 'manual'])
})

it('reads of a failure no more than it takes to say why', async () => {
  let pulled = 0
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull: (stream) => {
      pulled++
      stream.enqueue(new Uint8Array(10_000).fill(120))
    },
    cancel: () => {
      cancelled = true
    },
  })
  const { admin } = fakeHeap(() => new Response(body, { status: 400 }))
  await expect(admin.request('GET', '/api/x')).rejects.toThrow(/answered 400: x{300}$/)
  expect(pulled).toBeLessThan(10)
  expect(cancelled).toBe(true)
})

describe('a body that breaks off', () => {
  const broken = (status: number) =>
    new Response(new ReadableStream({ start: (stream) => stream.error(new TypeError('terminated')) }), { status })

  it('is no success', async () => {
    const { admin, calls } = fakeHeap((_, index) => (index === 0 ? broken(200) : json(200, { a: 'é' })))
    expect(await admin.request('GET', '/api/x')).toMatchObject({ body: { a: 'é' } })
    expect(calls()).toHaveLength(2)
    const { admin: other } = fakeHeap(() => broken(200))
    await expect(other.request('POST', '/api/x')).rejects.toMatchObject({ name: 'HeapUnavailableError' })
  })

  it('is a failure as its status says', async () => {
    const { admin } = fakeHeap(() => broken(403))
    await expect(admin.request('GET', '/api/x')).rejects.toMatchObject({ name: 'HeapRequestError', status: 403 })
  })
})

describe('time and signals', () => {
  it('gives an attempt its time', async () => {
    const { admin, calls } = fakeHeap(({ signal }, index) => (index === 0 ? never(signal) : json(200)), { timeout: 10 })
    expect(await admin.request('GET', '/api/x')).toMatchObject({ status: 200 })
    expect(calls()).toHaveLength(2)
  })

  it.each(['before', 'during an attempt', 'while it waits'])('ends when aborted %s, with the reason', async (when) => {
    const abort = new AbortController()
    if (when === 'before') abort.abort('enough')
    const { admin, seen } = fakeHeap(
      ({ signal }) => {
        if (when !== 'during an attempt') return json(503)
        queueMicrotask(() => abort.abort('enough'))
        return never(signal)
      },
      { sleep: async () => abort.abort('enough') },
    )
    await expect(admin.request('GET', '/api/x', { signal: abort.signal })).rejects.toBe('enough')
    expect(seen).toHaveLength(when === 'before' ? 0 : 2)
  })
})

describe('secrets', () => {
  const secrets = [KEY, BASIC, 's3cret-t0ken']

  /** All that an error shows, to somebody who looks at it in every way. */
  function shown(error: unknown): string {
    if (!(error instanceof Error)) return JSON.stringify(error)
    const own = Object.getOwnPropertyNames(error).map((name) => [name, shown(error[name as 'message'])])
    return JSON.stringify([String(error), own])
  }

  async function errorOf(fetch: (url: string, init: RequestInit) => Promise<Response>) {
    const { admin } = fakeHeap(undefined, { fetch, retry: { giveUpAfter: 0 } })
    return admin.deletionStatus('a').catch((error: unknown) => error)
  }

  const escaped = (text: string) => text.replace(/[^]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

  it.each([
    ['a text', secrets.join(' ')],
    ['a long text', 'x'.repeat(295) + secrets.join(' ')],
    ['a reason', JSON.stringify({ err: { message: secrets.join(' ') } })],
    ['an escaped reason', `{"err":{"message":"${escaped(secrets.join(' '))}"}}`],
    [
      'problems',
      JSON.stringify({ errors: [{ pointer: `/${secrets[0]}`, detail: secrets[2], [`${secrets[1]}`]: secrets }] }),
    ],
  ])('are not shown where Heap echoes them in %s', async (_, echo) => {
    for (const last of ['auth_token', 'a']) {
      for (const status of [400, 401, 429, 500]) {
        const error = await errorOf(async (url) =>
          url.endsWith(last) ? new Response(echo, { status }) : json(200, { access_token: 's3cret-t0ken' }),
        )
        expect(error).toMatchObject({ status })
        for (const secret of last === 'a' ? secrets : secrets.slice(0, 2)) expect(shown(error)).not.toContain(secret)
      }
    }
  })

  it('are not shown where fetch tells what it was given', async () => {
    const error = await errorOf(async (url, init) => {
      if (url.endsWith('auth_token')) return json(200, { access_token: 's3cret-t0ken' })
      const { authorization } = init.headers as Record<string, string>
      const cause = Object.assign(new Error(`sent ${authorization}`), { code: 'ECONNRESET', config: { init, KEY } })
      throw Object.assign(new TypeError(`no: ${authorization}`, { cause }), { request: { init, KEY } })
    })
    expect(error).toMatchObject({
      name: 'HeapUnavailableError',
      message: expect.stringMatching(/did not answer: TypeError: no: Bearer \*\*\*$/),
      cause: {
        name: 'TypeError',
        message: 'no: Bearer ***',
        cause: { message: 'sent Bearer ***', code: 'ECONNRESET' },
      },
    })
    for (const secret of secrets) expect(shown(error)).not.toContain(secret)
  })

  it('do not hide what went wrong', async () => {
    const error = await errorOf(async () => network())
    expect(error).toMatchObject({ cause: { message: 'fetch failed', cause: { code: 'ECONNREFUSED' } } })
    expect(await errorOf(() => Promise.reject('nothing'))).toMatchObject({ cause: 'nothing' })
  })

  it('are not to be found in the client', () => {
    const { admin } = fakeHeap()
    expect(JSON.stringify(admin)).toBe('{}')
  })
})
