import { describe, expect, it } from 'vitest'
import { fakeWorld, json, never, type Server } from './fakes.ts'
import { readOptions, type RetryOptions } from './options.ts'
import { send } from './send.ts'

const url = 'https://heap.test/api/track'

function sendTo(server: Server, retry?: Partial<RetryOptions>, signal?: AbortSignal) {
  const world = fakeWorld(server)
  const settings = readOptions({ appId: '1', ...world.options, ...(retry && { retry }) })
  return { ...world, ending: send(url, '{}', settings, signal) }
}

describe('the policy: every status, after every attempt', () => {
  const retried = [408, 425, 429, 500, 502, 503, 504, 529, 'network'] as const
  const final = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 431] as const
  const attempts = [0, 1, 2, 3, 4, 5, 6, 7]
  const fail = (status: number | 'network'): Response => {
    if (status === 'network') throw new TypeError('fetch failed')
    return json(status)
  }

  it.each(retried.flatMap((status) => attempts.map((failures) => [status, failures] as const)))(
    '%s, %i times and then 200, is delivered',
    async (status, failures) => {
      const { ending, slept } = sendTo((_, index) => (index < failures ? fail(status) : json(200)), {
        giveUpAfter: 1e9,
      })
      expect(await ending).toEqual({ outcome: 'delivered' })
      expect(slept).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000].slice(0, failures))
    },
  )

  it.each(final.flatMap((status) => attempts.map((failures) => [status, failures] as const)))(
    '%s is final, after %i times 503',
    async (status, failures) => {
      const { ending, seen } = sendTo((_, index) => json(index < failures ? 503 : status), { giveUpAfter: 1e9 })
      expect(await ending).toMatchObject({ outcome: 'rejected', error: { name: 'HeapRequestError', status } })
      expect(seen).toHaveLength(failures + 1)
    },
  )

  it.each(retried)('%s for ever ends in time', async (status) => {
    const { ending, seen, slept } = sendTo(() => fail(status))
    const name = status === 429 ? 'HeapRateLimitError' : 'HeapUnavailableError'
    expect(await ending).toMatchObject({ outcome: 'failed', error: { name } })
    expect(slept.reduce((sum, ms) => sum + ms)).toBeLessThan(120_000)
    expect(seen.length).toBe(slept.length + 1)
    expect(seen.length).toBeGreaterThan(5)
  })
})

describe('what the server states', () => {
  it.each([
    [{ 'retry-after': '7' }, 7250],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' }, 7250],
    [{ 'retry-after': 'Thu, 01 Jan 2015 00:00:07 GMT' }, 250],
    [{ ratelimit: '"identity";r=0;t=9, "app";r=3;t=60' }, 9250],
  ])('%o is waited for', async (headers, wait) => {
    const { ending, slept } = sendTo((_, index) => (index === 0 ? json(429, {}, headers) : json(200)))
    expect(await ending).toEqual({ outcome: 'delivered' })
    expect(slept).toEqual([wait])
  })

  it('ends at once where it is later than the time to give up', async () => {
    const { ending, seen, slept } = sendTo(() => json(429, {}, { 'retry-after': '3600' }))
    expect(await ending).toMatchObject({ error: { name: 'HeapRateLimitError', retryAfterMs: 3_600_000 } })
    expect(seen).toHaveLength(1)
    expect(slept).toEqual([])
  })
})

it('does not retry at all when told so', async () => {
  const { ending, seen } = sendTo(() => json(503), { giveUpAfter: 0 })
  expect(await ending).toMatchObject({ outcome: 'failed', error: { status: 503 } })
  expect(seen).toHaveLength(1)
})

it('keeps what fetch threw', async () => {
  const cause = new TypeError('fetch failed')
  const { ending } = sendTo(
    () => {
      throw cause
    },
    { giveUpAfter: 0 },
  )
  expect(await ending).toMatchObject({
    error: { cause, message: `${url} did not answer: TypeError: fetch failed`, problems: [] },
  })
})

it('takes an answer whose body breaks off', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error('cut')) })
  const { ending } = sendTo(() => new Response(broken, { status: 200 }))
  expect(await ending).toEqual({ outcome: 'delivered' })
})

it('calls fetch without a this', async () => {
  const settings = readOptions({
    appId: '1',
    fetch: async function (this: unknown) {
      expect(this).toBeUndefined()
      return json(200)
    },
  })
  expect(await send(url, '{}', settings)).toEqual({ outcome: 'delivered' })
})

describe('the signal', () => {
  const reason = new Error('enough')

  it('sends nothing when it is aborted before', async () => {
    const { ending, seen } = sendTo(() => json(200), {}, AbortSignal.abort(reason))
    expect(await ending).toEqual({ outcome: 'failed', error: reason })
    expect(seen).toEqual([])
  })

  it('ends a request that is under way', async () => {
    const abort = new AbortController()
    const settings = readOptions({ appId: '1', fetch: (_, init) => never(init.signal as AbortSignal) })
    const ending = send(url, '{}', settings, abort.signal)
    abort.abort(reason)
    expect(await ending).toEqual({ outcome: 'failed', error: reason })
  })

  it('ends a wait, and no attempt follows', async () => {
    const abort = new AbortController()
    const { options, seen } = fakeWorld(() => json(503))
    const sleep = async (_: number, signal?: AbortSignal) => {
      abort.abort(reason)
      expect(signal?.aborted).toBe(true)
    }
    const ending = send(url, '{}', readOptions({ appId: '1', ...options, sleep }), abort.signal)
    expect(await ending).toEqual({ outcome: 'failed', error: reason })
    expect(seen).toHaveLength(1)
  })

  it('tells what is known of a request that ended anyway', async () => {
    const abort = new AbortController()
    const { ending } = sendTo(
      () => {
        abort.abort(reason)
        return json(400)
      },
      {},
      abort.signal,
    )
    expect(await ending).toMatchObject({ outcome: 'rejected', error: { status: 400 } })
  })
})

it('gives an attempt its time, and tries again', async () => {
  const { options } = fakeWorld()
  let attempts = 0
  const settings = readOptions({
    appId: '1',
    ...options,
    timeout: 1,
    fetch: async (_, init) => (attempts++ === 0 ? never(init.signal as AbortSignal) : json(200)),
  })
  expect(await send(url, '{}', settings)).toEqual({ outcome: 'delivered' })
  expect(attempts).toBe(2)
})
