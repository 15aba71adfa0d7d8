/**
 * What a call rejects with. One question tells them apart: is it the caller's turn (`HeapRequestError`), or time's?
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import type { DeletionRequest } from './admin/types.ts'

/** What an error knows beside its message. */
export interface HeapErrorDetails {
  status?: number
  problems?: Problem[]
  retryAfterMs?: number | undefined
  submitted?: DeletionRequest[]
  cause?: unknown
}

/** Any error of this package. Its message says what happened and where, and never holds a record. */
export class HeapError extends Error {
  override name = 'HeapError'
  /** The HTTP status; nothing where there was no answer, or no request. */
  declare readonly status?: number
  /** What is wrong and where: JSON pointers into the record, or into the request body where no record could be told. */
  readonly problems: Problem[] = []
  /** Milliseconds that the server asked to wait, where it said so. */
  declare readonly retryAfterMs?: number | undefined
  /** Of `deleteUsers` in heap-edge/admin: the requests of the list that Heap had taken before this one failed. */
  declare readonly submitted?: DeletionRequest[]

  constructor(message: string, details?: HeapErrorDetails) {
    super(message, details)
    Object.assign(this, details)
  }
}

/** Refused for good: by a check before sending, or by the server with a 4xx. */
export class HeapRequestError extends HeapError {
  override name = 'HeapRequestError'
}

/** Still 429 when the time for retries was up. */
export class HeapRateLimitError extends HeapError {
  override name = 'HeapRateLimitError'
}

/** No answer, or 408, 425 or 5xx, when the time for retries was up. `cause` is what `fetch` threw. */
export class HeapUnavailableError extends HeapError {
  override name = 'HeapUnavailableError'
}

// By name, not by instanceof: an error of another realm, or of a second copy of this package, is still one of ours.
const named = (value: unknown, name: string) => (value as Error | undefined)?.name === name

/** Tells whether a value is a {@link HeapRequestError}. */
export function isHeapRequestError(value: unknown): value is HeapRequestError {
  return named(value, 'HeapRequestError')
}

/** Tells whether a value is a {@link HeapRateLimitError}. */
export function isHeapRateLimitError(value: unknown): value is HeapRateLimitError {
  return named(value, 'HeapRateLimitError')
}

/** Tells whether a value is a {@link HeapUnavailableError}. */
export function isHeapUnavailableError(value: unknown): value is HeapUnavailableError {
  return named(value, 'HeapUnavailableError')
}

/** Tells whether a value is any error of this package. */
export function isHeapError(value: unknown): value is HeapError {
  return (
    named(value, 'HeapError') ||
    isHeapRequestError(value) ||
    isHeapRateLimitError(value) ||
    isHeapUnavailableError(value)
  )
}
