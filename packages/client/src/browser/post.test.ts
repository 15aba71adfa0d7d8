import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isHeapRequestError } from '../errors.ts'
import { problemsOf } from './batch.ts'
import { post } from './post.ts'
import type { Row } from './store.ts'

const url = 'https://heap.example.com/api/track'
const now = Date.parse('2026-11-24T12:00:00Z')
const year = 365 * 86_400_000

beforeEach(() => void vi.useFakeTimers({ now, toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function server(answer: () => Response | Promise<Response>) {
  const fetch = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(async () => answer())
  vi.stubGlobal('fetch', fetch)
  return fetch
}

it('sends JSON, with a token where there is one, and gives nothing where it is taken', async () => {
  const fetch = server(() => Response.json({}, { status: 202 }))
  expect(await post(url, '{}', 'token', true)).toBeUndefined()
  expect(await post(url, '{}', null, false)).toBeUndefined()
  expect(fetch.mock.calls).toMatchObject([
    [url, { method: 'POST', body: '{}', keepalive: true, headers: { authorization: 'Bearer token' } }],
    [url, { keepalive: false, headers: { 'content-type': 'application/json' } }],
  ])
  expect(Object.keys(fetch.mock.calls[1]?.[1].headers ?? {})).toEqual(['content-type'])
})

it('sends whatever is given for a token as what a header may have, so that the proxy says what is wrong with it', async () => {
  const fetch = server(() => Response.json({}, { status: 401 }))
  const error = await post(url, '{}', '<!doctype html>\n<p>Melde dich an – bitte', true)
  expect(error?.status).toBe(401)
  const [[, { headers }] = [url, {}]] = fetch.mock.calls
  expect(() => new Headers(headers)).not.toThrow()
})

describe('an error', () => {
  it.each<[string, Record<string, string>, number]>([
    ['none', {}, 0],
    ['seconds', { 'retry-after': '7' }, 7000],
    ['a date', { 'retry-after': 'Tue, 24 Nov 2026 12:00:07 GMT' }, 7000],
    ['a date in the past', { 'retry-after': 'Tue, 24 Nov 2015 12:00:07 GMT' }, 0],
    ['a date in the obsolete form', { 'retry-after': 'Tuesday, 24-Nov-26 12:00:07 GMT' }, 7000],
    ['nonsense', { 'retry-after': 'soon' }, 0],
    ['less than none', { 'retry-after': '-5' }, 0],
    ['nothing', { 'retry-after': '' }, 0],
    [
      'a date, by a clock a year ahead',
      { 'retry-after': new Date(now + year + 7000).toUTCString(), date: new Date(now + year).toUTCString() },
      7000,
    ],
    [
      'a date, by a clock a year behind',
      { 'retry-after': new Date(now - year + 7000).toUTCString(), date: new Date(now - year).toUTCString() },
      7000,
    ],
  ])('knows the pause that it asks for: %s', async (_, headers, expected) => {
    server(() => Response.json({}, { status: 503, headers }))
    expect((await post(url, '{}', null, true))?.retryAfterMs).toBe(expected)
  })

  it('has the problems, and is one of the core', async () => {
    const problems = [{ pointer: '/events/0/event', detail: 'must not be empty' }]
    server(() => Response.json({ detail: 'Nothing was accepted.', errors: problems }, { status: 400 }))
    const error = await post(url, '{}', null, true)
    expect(error).toMatchObject({ status: 400, problems, message: `${url} 400: Nothing was accepted.` })
    expect(error).toBeInstanceOf(Error)
    expect(isHeapRequestError(error)).toBe(true)
  })

  it.each(['', 'no JSON', 'null', '7', '[]'])('comes of %j as well', async (body) => {
    server(() => new Response(body, { status: 500 }))
    expect(await post(url, '{}', null, true)).toMatchObject({ status: 500, problems: [] })
  })

  it.each([{ a: 1 }, 'bad', [null], [[null]], 7])('comes of errors that are none, as %j', async (errors) => {
    server(() => Response.json({ errors }, { status: 503 }))
    const { problems = [] } = (await post(url, '{}', null, true)) ?? {}
    const row: Row = { key: 'k', path: '/api/track', list: 'events', who: 'u1', json: '{}' }
    expect(problemsOf(row, 0, problems)).toEqual([])
  })

  it('comes of a success that is not the proxy', async () => {
    server(() => new Response('<!doctype html><title>Sign in</title>'))
    expect(await post(url, '{}', null, true)).toMatchObject({ status: 200, problems: [] })
  })

  it('has no status where there was no answer', async () => {
    server(() => Promise.reject(new TypeError('Failed to fetch')))
    const error = await post(url, '{}', null, true)
    expect(error).toMatchObject({ message: `${url}: TypeError: Failed to fetch`, problems: [] })
    expect(error?.status).toBeUndefined()
  })
})
