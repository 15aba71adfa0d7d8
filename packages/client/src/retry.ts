/**
 * When to try again: arithmetic and header parsing, with no clock and no random source of its own.
 * @module
 */

/** How retries are spaced, in milliseconds. */
export interface Backoff {
  /** The first wait is at most this long, and each further one at most twice as long as the one before. */
  base: number
  /** No wait is longer, unless the server asks for it. */
  max: number
}

/** Tells whether a status may be another one next time: 408, 425, 429 and 5xx. A 400 never is. */
export function isRetryable(status: number): boolean {
  return [408, 425, 429].includes(status) || status >= 500
}

/**
 * Milliseconds until the next attempt. Full jitter, so that clients which failed together do not come back together; a
 * delay that the server states is kept, with a little jitter on top.
 *
 * @param attempt 0 for the first attempt that failed
 * @param stated what the server asked for; see {@link statedDelay}
 * @param random from 0 to 1, as `Math.random`
 * @example
 * ```ts
 * retryDelay(2, undefined, { base: 500, max: 30_000 }, () => 0.5) // 1000: half of 500 * 2 ** 2
 * retryDelay(2, 12_000, { base: 500, max: 30_000 }, () => 0.5) // 12250
 * ```
 */
export function retryDelay(
  attempt: number,
  stated: number | undefined,
  { base, max }: Backoff,
  random: () => number,
): number {
  return stated === undefined ? random() * Math.min(max, base * 2 ** attempt) : stated + random() * base
}

/**
 * Milliseconds that the server asks to wait: `Retry-After`, else the reset of `RateLimit`; nothing where it does not say.
 *
 * @param now milliseconds since 1970, against which a date is measured
 */
export function statedDelay(headers: { get(name: string): string | null }, now: number): number | undefined {
  return parseRetryAfter(headers.get('retry-after') ?? '', now) ?? parseRateLimit(headers.get('ratelimit') ?? '')
}

/**
 * Reads `Retry-After` in both its forms, as milliseconds; a date in the past is 0. RFC 9110, sections 10.2.3 and 5.6.7.
 *
 * @example
 * ```ts
 * parseRetryAfter('120', 0) // 120000
 * parseRetryAfter('Thu, 01 Jan 1970 00:00:05 GMT', 2000) // 3000
 * ```
 */
export function parseRetryAfter(value: string, now: number): number | undefined {
  if (/^\d+$/.test(value)) return Number(value) * 1000
  // Date.parse takes almost anything, "1.5" for a day in January; an HTTP-date has a time of day.
  const date = Date.parse(/:/.test(value) ? value : '')
  return date >= 0 ? Math.max(0, date - now) : undefined
}

/**
 * Reads when a `RateLimit` field lets requests through again, as milliseconds: the longest `t` of the policies that have
 * nothing remaining. draft-ietf-httpapi-ratelimit-headers-10, section 4.
 *
 * @example
 * ```ts
 * parseRateLimit('"identity";r=0;t=12, "app";r=900;t=60') // 12000
 * ```
 */
export function parseRateLimit(value: string): number | undefined {
  let longest: number | undefined
  for (const [, seconds] of value.matchAll(/(?=[^,]*;\s*r=0\b)[^,]*;\s*t=(\d+)/g)) {
    longest = Math.max(longest ?? 0, Number(seconds) * 1000)
  }
  return longest
}
