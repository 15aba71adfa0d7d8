/**
 * What an answer says: where the records are now, or why they were not taken.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import { HeapRateLimitError, HeapRequestError, HeapUnavailableError } from './errors.ts'
import type { Ending, Outcome } from './results.ts'
import { isRetryable, statedDelay } from './retry.ts'

/** What problem+json, or any of Heap's own error bodies, may hold. */
interface ErrorBody {
  detail?: string
  err?: { message?: string }
  error?: { message?: string } & string
  message?: string
  errors?: Problem[]
}

/**
 * Reads an answer.
 *
 * @param text the body
 * @param now milliseconds since 1970
 */
export function readAnswer(url: string, { ok, status, headers }: Response, text: string, now: number): Ending {
  // A page to sign in, or any other, is from somebody else.
  if (ok && !text.trim().startsWith('<')) {
    // Heap itself names no outcome: what it answers with 200 it has.
    return { outcome: (headers.get('heap-edge-outcome') as Outcome) ?? (status === 202 ? 'queued' : 'delivered') }
  }

  let body = text
  try {
    body = JSON.parse(body) as string
  } catch {
    // Heap also answers in plain text.
  }
  const { errors, detail, err, error, message } = Object(body) as ErrorBody
  const reason = [detail, err?.message, error?.message, error, message, body].find((text) => typeof text === 'string')
  const retryable = ok || isRetryable(status)
  const Kind = status === 429 ? HeapRateLimitError : retryable ? HeapUnavailableError : HeapRequestError
  return {
    outcome: retryable ? 'failed' : 'rejected',
    error: new Kind(`${url} answered ${status}: ${reason?.slice(0, 300) || 'no reason'}`, {
      status,
      problems: Array.isArray(errors) ? errors.filter(Boolean) : [],
      retryAfterMs: statedDelay(headers, now),
    }),
  }
}
