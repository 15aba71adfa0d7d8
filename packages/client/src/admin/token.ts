/**
 * Access tokens: fetched when they are needed, once for all who need them, and used while they surely hold.
 * @module
 */
import type { PATHS, TOKEN_LIFETIME_MS } from '@heap-edge/contract'
import { HeapUnavailableError, isHeapError } from '../errors.ts'
import { parsed } from './body.ts'
import { type Credentials, perform } from './call.ts'
import type { AdminSettings } from './options.ts'
import { urlUnder } from './path.ts'

const path: typeof PATHS.authToken = '/api/public/v0/auth_token'
/** A minute less than it lives, for the way and for clocks that differ. */
const usableMs = (300_000 satisfies typeof TOKEN_LIFETIME_MS) - 60_000

/** The credentials of calls with a token. */
export function createTokens(settings: AdminSettings): Required<Credentials> {
  const { base, basic, now, timeout } = settings
  let cached: { header: string; until: number } | undefined
  let pending: Promise<string> | undefined

  async function fetchToken(signal?: AbortSignal): Promise<string> {
    const call = { method: 'POST', url: urlUnder(base, path), repeatable: true }
    const { status, text } = await perform(call, settings, { header: async () => `Basic ${basic}` }, signal)
    const token = (parsed(text) as { access_token?: unknown } | null)?.access_token
    // fetch refuses other characters in a header, and shows them in its error.
    if (typeof token !== 'string' || !/^[!-~]+$/.test(token)) {
      throw new HeapUnavailableError(`POST ${base}${path} answered ${status} without an access_token`, { status })
    }
    cached = { header: `Bearer ${token}`, until: now() + usableMs }
    return cached.header
  }

  return {
    async header(signal) {
      for (;;) {
        signal?.throwIfAborted()
        if (cached && now() < cached.until) return cached.header
        if (!pending) {
          const mine = (pending = fetchToken(signal))
          try {
            return await mine
          } finally {
            if (pending === mine) pending = undefined
          }
        }
        const theirs = pending
        const late = !(await settled(theirs, signal, timeout))
        if (late && pending === theirs) pending = undefined
      }
    },
    renew(header) {
      // Whoever else was refused with it may have brought a new one already.
      if (cached?.header === header) cached = undefined
    },
  }
}

/**
 * Waits for the token of another caller, at most so many milliseconds: that caller may be a request of a Worker which is gone,
 * and then nobody tells. Its failure is ours too, but for its abort.
 *
 * @returns false where the time is up
 * @throws HeapRequestError, HeapRateLimitError, HeapUnavailableError
 */
async function settled(token: Promise<string>, signal: AbortSignal | undefined, ms: number): Promise<boolean> {
  const late = AbortSignal.timeout(ms)
  const enough = signal ? AbortSignal.any([signal, late]) : late
  return new Promise((resolve, reject) => {
    enough.addEventListener('abort', () => resolve(!late.aborted), { once: true })
    token.then(
      () => resolve(true),
      (error: unknown) => (isHeapError(error) ? reject(error) : resolve(true)),
    )
  })
}
