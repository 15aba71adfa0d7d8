/**
 * Compares what was accepted with what the sandbox holds. Pure.
 * @module
 */
import { EVENTS_PER_APP, EVENTS_PER_IDENTITY, REQUESTS_PER_IDENTITY } from '@heap-edge/contract'
import type { Written } from './load.ts'

/** An event or properties in the sandbox. What never had a number has none. */
interface HeldRecord {
  owner: string
  n: number | undefined
}

/** What the sandbox holds. */
export interface Held {
  /** In the order in which they arrived. */
  events: HeldRecord[]
  users: HeldRecord[]
  accounts: HeldRecord[]
}

export interface Mistakes {
  /** Accepted events that are not there. */
  lost: number
  /** Events that are there once more than they were sent. */
  doubled: number
  /** Events that arrived after a later one of the same identity. */
  outOfOrder: number
  /** Users and accounts whose properties are not what was written last. */
  stale: number
}

/** The largest counts that the sandbox has seen in any window, as it tells them. */
export interface Maxima {
  requestsPerIdentity30s: number
  eventsPerIdentity60s: number
  eventsPerApp60s: number
}

export function findMistakes(accepted: readonly Written[], held: Held): Mistakes {
  const sent = new Set(accepted.filter(({ kind }) => kind === 'event').map(keyOf))
  const seen = new Set<string>()
  const latest = new Map<string, number>()
  let doubled = 0
  let outOfOrder = 0
  for (const event of held.events) {
    const key = keyOf(event)
    if (seen.has(key) || !sent.has(key)) {
      doubled++
      continue
    }
    seen.add(key)
    const { owner, n = 0 } = event
    const last = latest.get(owner) ?? 0
    if (n < last) outOfOrder++
    latest.set(owner, Math.max(n, last))
  }
  return { lost: sent.size - seen.size, doubled, outOfOrder, stale: listStale(accepted, held).length }
}

/** Users and accounts whose properties are not what was written last: each with what it has and what it should have. */
export function listStale(
  accepted: readonly Written[],
  { users, accounts }: Pick<Held, 'users' | 'accounts'>,
): string[] {
  const lists = { user: users, account: accounts }
  return (['user', 'account'] as const).flatMap((kind) => {
    const last = new Map(accepted.filter((record) => record.kind === kind).map(({ owner, n }) => [owner, n]))
    const now = new Map(lists[kind].map(({ owner, n }) => [owner, n]))
    return [...last]
      .filter(([owner, n]) => now.get(owner) !== n)
      .map(([owner, n]) => `${kind} ${owner} has ${now.get(owner)} instead of ${n}`)
  })
}

/** The limits of Heap that were exceeded, a sentence each. */
export function exceededWindows(max: Maxima): string[] {
  const windows = [
    ['requests of an identity in 30 s', max.requestsPerIdentity30s, REQUESTS_PER_IDENTITY.limit],
    ['events of an identity in 60 s', max.eventsPerIdentity60s, EVENTS_PER_IDENTITY.limit],
    ['events of an environment in 60 s', max.eventsPerApp60s, EVENTS_PER_APP.limit],
  ] as const
  return windows.filter(([, most, limit]) => most > limit).map(([of, most, limit]) => `${most} ${of}, allowed ${limit}`)
}

function keyOf({ owner, n }: HeldRecord): string {
  return `${owner} ${n}`
}
