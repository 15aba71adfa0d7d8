/**
 * When a shard of the outbox sends again, and how much at a time. Pure: time and random are handed in, in ms and from 0 to 1.
 * @module
 */
import { RECORDS_PER_REQUEST } from '@heap-edge/contract'
import { type Backoff, retryDelay } from 'heap-edge/retry'

/** Between two attempts after a failure: at most a second, then two, and so on up to a minute. */
export const BACKOFF: Backoff = { base: 1000, max: 60_000 }

/** What a shard has to remember of how its sending goes. */
export interface Pace {
  /** Attempts in a row that Heap did not take. */
  failures: number
  /** Nothing is sent before this time. */
  notBefore: number
  /** What went wrong last, for people to read. */
  problem?: string
  /**
   * A record up to this `seq` is refused by Heap: they are sent in halves until it stands alone. With `only` nothing else is
   * sent meanwhile, since there is a bad one among the others as well.
   */
  suspects?: { upTo: number; most: number; only?: boolean }
}

/** Nothing has gone wrong. */
export const GOOD_PACE: Pace = { failures: 0, notBefore: 0 }

/**
 * How many records the next request may have. After a failure one finds out whether Heap takes it: requests that fail count for
 * Heap's limits too, and whoever is in them would have to wait for a minute once Heap is back.
 */
export function mostRecords({ failures }: Pace): number {
  return failures > 0 ? 1 : RECORDS_PER_REQUEST
}

/** After Heap took a request. The search for a record that it refuses goes on. */
export function afterDelivery({ suspects }: Pace): Pace {
  return suspects ? { ...GOOD_PACE, suspects } : GOOD_PACE
}

/** After a request that Heap did not take at this time. */
export function afterFailure(
  pace: Pace,
  now: number,
  problem: string,
  retryAfterMs: number | undefined,
  random: () => number,
): Pace {
  const delay = Math.ceil(retryDelay(pace.failures, retryAfterMs, BACKOFF, random))
  return { ...pace, failures: pace.failures + 1, notBefore: now + delay, problem }
}

/**
 * After a refusal of several records together, the last of which is `upTo`: one of them is bad, half of them come next. One
 * search after the other: where these are not the suspects of the one that goes on, they have to wait for its end.
 */
export function afterRefusal(pace: Pace, records: number, upTo: number): Pace {
  const { suspects } = pace
  if (suspects && upTo > suspects.upTo) return { ...pace, failures: 0, suspects: { ...suspects, only: true } }
  return { ...pace, failures: 0, suspects: { upTo, most: Math.floor(records / 2) } }
}

/** Where no suspect waits any more. */
export function withoutSuspects(pace: Pace): Pace {
  const { suspects, ...rest } = pace
  return suspects ? rest : pace
}
