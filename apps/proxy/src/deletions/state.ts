/**
 * The life of a deletion: its states, which may follow which, and when it is looked at next. Pure: time and random are handed
 * in, in ms and from 0 to 1.
 * @module
 */
import { type Backoff, retryDelay } from 'heap-edge/retry'

/**
 * - `accepted`: stored here; its users are being suppressed
 * - `submitting`: being handed to Heap, once or again
 * - `pending`: Heap has it, and is not done
 * - `complete`: Heap is done
 * - `failed`: Heap refuses it, or does not know it
 * - `timed_out`: Heap was not done in time; it is not asked by itself any more
 */
export const STATES = ['accepted', 'submitting', 'pending', 'complete', 'failed', 'timed_out'] as const
export type DeletionState = (typeof STATES)[number]

/** A deletion that timed out may still be found to be complete when somebody asks, or be submitted again. */
const NEXT: Record<DeletionState, readonly DeletionState[]> = {
  accepted: ['submitting', 'timed_out'],
  submitting: ['submitting', 'pending', 'failed', 'timed_out'],
  pending: ['submitting', 'complete', 'failed', 'timed_out'],
  complete: [],
  failed: [],
  timed_out: ['submitting', 'complete'],
}

/** Whether a deletion may go from one state to the other. */
export function mayBecome(from: DeletionState, to: DeletionState): boolean {
  return NEXT[from].includes(to)
}

/** Nothing will happen to it any more. */
export function isOver(state: DeletionState): boolean {
  return NEXT[state].length === 0
}

/** Heap is asked ten minutes apart (heap-api section 5.4). A little less, or a cron run would just miss what is due. */
const POLL_MS = 570_000
const POLL_JITTER_MS = 25_000

/** When a deletion is asked about that was asked about now. */
export function nextPollAt(now: number, random: () => number): number {
  return now + POLL_MS + Math.floor(POLL_JITTER_MS * random())
}

/** A submission of which nothing was heard is repeated after this time, in ms: more than Heap is given to answer. */
export const RESUBMIT_MS = 90_000

/** Between two submissions that Heap did not take. */
export const SUBMIT_BACKOFF: Backoff = { base: 10_000, max: 600_000 }

/** Between two attempts to deliver a notification. */
export const NOTICE_BACKOFF: Backoff = { base: 5000, max: 3_600_000 }

/** A notification that could not be delivered for so long is given up, in ms. */
export const NOTICE_LIFE_MS = 3 * 86_400_000

/** The longest that anybody may tell us to wait, in ms; a larger number is an error of theirs. */
const LONGEST_WAIT_MS = 3_600_000

/** When something is tried again that was not taken now, for the `failures`th time in a row, from 0. */
export function nextAttemptAt(
  now: number,
  backoff: Backoff,
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const stated = retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, LONGEST_WAIT_MS)
  return now + 1000 + Math.ceil(retryDelay(failures, stated, backoff, random))
}
