/**
 * The rules by which Heap joins a user_id to an identity (heap-api section 4). Joins are for ever.
 * @module
 */
import { USER_IDS_PER_IDENTITY } from '@heap-edge/contract'

/** What is known when a user_id is to be joined to an identity. */
export interface JoinState {
  /** The identity that the user_id has already. */
  current: string | undefined
  /** When other user_ids were joined to the identity. */
  joinedAt: readonly number[]
}

/** What becomes of it. Heap answers 200 to all three. */
export type JoinVerdict = 'join' | 'known' | { dropped: string }

/**
 * A user_id has one identity; an identity takes 10 user_ids in 30 days.
 *
 * @example
 * ```ts
 * decideJoin({ current: 'alice', joinedAt: [] }, 'bob', Date.now()) // { dropped: '…' }
 * ```
 */
export function decideJoin({ current, joinedAt }: JoinState, identity: string, now: number): JoinVerdict {
  if (current === identity) return 'known'
  if (current !== undefined) return { dropped: 'the user_id has another identity already' }
  const { limit, windowMs } = USER_IDS_PER_IDENTITY
  const recent = joinedAt.filter((at) => at > now - windowMs).length
  return recent < limit ? 'join' : { dropped: `the identity got ${limit} user_ids within 30 days` }
}
