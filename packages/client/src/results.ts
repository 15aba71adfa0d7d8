/**
 * What comes out: where a record is now, by itself or in a report on a list.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import type { HeapRequestError } from './errors.ts'

/**
 * Where an accepted record is: Heap has it, it is safe in the proxy's outbox, or the proxy dropped it because its user is
 * being deleted.
 */
export type Outcome = 'delivered' | 'queued' | 'suppressed'

/** How it ended for a request, and so for the records in it. */
export type Ending =
  | { outcome: Outcome; error?: undefined }
  | { outcome: 'rejected'; error: HeapRequestError }
  | { outcome: 'failed'; error: unknown }

/** What a result tells beside the outcome. */
export interface Notes {
  /** The key of an event: sent again with it, the event cannot be doubled. */
  idempotency_key?: string
  /** What the check changed and may surprise, such as a value that was cut. */
  warnings?: Problem[]
}

/** The result of one record. */
export type RecordResult = Notes & { outcome: Outcome }

/**
 * The result of one record of a list; `index` is its place, from 0. `rejected`: it will never be accepted as it is. `failed`:
 * it may be sent again; the error is a `HeapRateLimitError`, a `HeapUnavailableError`, or the reason of the signal.
 */
export type ItemResult = { index: number } & Notes & Ending

/** The result of a list: how many records came to each outcome, and every one of them in the order of the list. */
export type Report = Record<Ending['outcome'], number> & { results: ItemResult[] }
