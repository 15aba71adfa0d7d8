import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRetryable, parseRateLimit, parseRetryAfter, retryDelay, statedDelay } from './retry.ts'

const policy = { base: 500, max: 30_000 }
const now = Date.parse('2026-01-01T00:00:00Z')

it('retries 408, 425, 429 and 5xx, and nothing else', () => {
  const retried = Array.from({ length: 500 }, (_, index) => index + 100).filter(isRetryable)
  expect(retried).toEqual([408, 425, 429, ...Array.from({ length: 100 }, (_, index) => index + 500)])
})

describe('retryDelay', () => {
  it.each([
    [0, 500],
    [1, 1000],
    [2, 2000],
    [5, 16_000],
    [6, 30_000],
    [2000, 30_000],
  ])('waits at most, after attempt %i, %i ms', (attempt, most) => {
    expect(retryDelay(attempt, undefined, policy, () => 0)).toBe(0)
    expect(retryDelay(attempt, undefined, policy, () => 1)).toBe(most)
  })

  it('never waits less than the server says, and hardly more', () => {
    const attempts = fc.nat(100)
    const random = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(attempts, fc.nat(1e9), random, (attempt, stated, share) => {
        const wait = retryDelay(attempt, stated, policy, () => share)
        expect(wait).toBeGreaterThanOrEqual(stated)
        expect(wait).toBeLessThanOrEqual(stated + policy.base)
      }),
    )
  })
})

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    ['007', 7000],
    ['Thu, 01 Jan 2026 00:00:12 GMT', 12_000],
    ['Thursday, 01-Jan-26 00:00:12 GMT', 12_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['12 seconds', undefined],
    ['12:30 or so', undefined],
  ])('%j is %s', (value, wait) => {
    expect(parseRetryAfter(value, now)).toBe(wait)
  })

  it('reads every date that HTTP can write, to the second', () => {
    const seconds = fc.integer({ min: 0, max: 4_000_000_000 })
    fc.assert(
      fc.property(seconds, seconds, (date, at) => {
        const field = new Date(date * 1000).toUTCString()
        expect(parseRetryAfter(field, at * 1000)).toBe(Math.max(0, date - at) * 1000)
      }),
    )
  })
})

describe('RateLimit', () => {
  it.each([
    ['"default";r=0;t=12', 12_000],
    ['"default"; r=0; t=12', 12_000],
    ['"default";t=12;r=0', 12_000],
    ['"identity";r=0;t=12, "app";r=900;t=60', 12_000],
    ['"identity";r=0;t=12,"app";r=0;t=60', 60_000],
    ['"identity";r=30;t=12', undefined],
    ['"identity";r=05;t=12', undefined],
    ['"identity";r=0', undefined],
    ['limit=30, remaining=0, reset=12', undefined],
    ['', undefined],
  ])('%j is %s', (value, wait) => {
    expect(parseRateLimit(value)).toBe(wait)
  })

  it('counts only where Retry-After does not', () => {
    const ratelimit = '"default";r=0;t=12'
    expect(statedDelay(new Headers({ ratelimit }), now)).toBe(12_000)
    expect(statedDelay(new Headers({ ratelimit, 'retry-after': '3' }), now)).toBe(3000)
    expect(statedDelay(new Headers({ ratelimit, 'retry-after': 'soon' }), now)).toBe(12_000)
    expect(statedDelay(new Headers(), now)).toBeUndefined()
  })
})
