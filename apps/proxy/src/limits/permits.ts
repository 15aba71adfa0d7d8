/**
 * Asks for the permits of a request: the app's budget first, which is mostly leased already, then each identity's limiter.
 * @module
 */
import { createHash } from 'node:crypto'
import {
  EVENTS_PER_APP,
  EVENTS_PER_IDENTITY,
  type IngestRecord,
  REQUESTS_PER_IDENTITY,
  subjectKey,
  type Window,
} from '@heap-edge/contract'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { appBudget, identityLimiter, type Quota, type Verdict } from './durable.ts'
import { Lease, LEASE_MS } from './lease.ts'

/** A limit of Heap, and what is left of it. */
export interface LimitState extends Window, Quota {
  name: 'requests' | 'events' | 'app-events'
}

/** Whether a request may be sent to Heap now, and what is left of the limits that decided it. */
export interface Permit {
  granted: boolean
  /** Milliseconds to wait where it is not. */
  waitMs: number
  /** Those of the identity that has the fewest requests left, or of the environment; none for accounts. */
  limits: LimitState[]
}

const IDENTITY_LIMITS = [
  { name: 'requests', ...REQUESTS_PER_IDENTITY },
  { name: 'events', ...EVENTS_PER_IDENTITY },
] as const

const APP_LIMITS = [{ name: 'app-events', ...EVENTS_PER_APP }] as const

/** What a limiter says is left, in the order of its rules, beside those rules. */
function withRules(rules: readonly (Window & Pick<LimitState, 'name'>)[], quotas: Quota[]): LimitState[] {
  return rules.map((rule, index) => ({ ...rule, ...(quotas[index] ?? { remaining: 0, resetMs: 0 }) }))
}

/** Events by the key under which Heap counts them; a request that carries no events counts as none. */
export function countByIdentity(records: IngestRecord[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const record of records) {
    const key = subjectKey(record)
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + ('event' in record ? 1 : 0))
  }
  return counts
}

/** What this isolate has leased, by environment. */
const leases = new Map<string, Lease>()

/**
 * Counts a request against every limit that it touches. Where an identity refuses it, its events go back to the lease, so that
 * who sends too much uses up nobody's budget. The permits of the other identities in it stay used: their windows then hold a
 * little more than what Heap saw, never less.
 */
export async function takePermits(
  env: Pick<Env, 'IDENTITY_LIMITER' | 'APP_BUDGET'>,
  app_id: string,
  counts: Map<string, number>,
  { limitMarginMs }: Config,
): Promise<Permit> {
  let lease = leases.get(app_id)
  if (!lease) leases.set(app_id, (lease = new Lease()))
  const events = counts.values().reduce((sum, count) => sum + count, 0)
  const ends = await takeBudget(lease, () => appBudget(env.APP_BUDGET, `app:${app_id}`), events, limitMarginMs)
  if (typeof ends === 'object') return ends

  const verdicts = await Promise.all(
    counts.entries().map(([key, count]) => {
      return identityLimiter(env.IDENTITY_LIMITER, objectName(`${app_id}:${key}`)).take(count, limitMarginMs)
    }),
  )
  const permit = summary(verdicts)
  if (!permit.granted) lease.giveBack(events, ends)
  return permit
}

/** The longest wait, and the limits of the identity that has the fewest requests left. */
function summary(verdicts: Verdict[]): Permit {
  let waitMs = 0
  let least: Verdict | undefined
  for (const verdict of verdicts) {
    waitMs = Math.max(waitMs, verdict.waitMs)
    if (!least || requestsLeft(verdict) < requestsLeft(least)) least = verdict
  }
  return { granted: waitMs === 0, waitMs, limits: least ? withRules(IDENTITY_LIMITS, least.quotas) : [] }
}

function requestsLeft({ quotas }: Verdict): number {
  return quotas[0]?.remaining ?? 0
}

/** Takes events from the lease, or leases more: the time when the lease of them ends, or the refusal. */
async function takeBudget(
  lease: Lease,
  budget: () => ReturnType<typeof appBudget>,
  events: number,
  marginMs: number,
): Promise<number | Permit> {
  const now = Date.now()
  const ends = lease.take(now, events)
  if (ends !== undefined) return ends
  const { waitMs, granted, quotas } = await budget().lease(events, lease.ahead(now), marginMs + LEASE_MS)
  if (waitMs > 0) return { granted: false, waitMs, limits: withRules(APP_LIMITS, quotas) }
  // Nothing is awaited in between, so that no other request of this isolate can use them up.
  lease.grant(now, granted)
  return lease.take(now, events) ?? now
}

/** A name of a Durable Object that says nothing of whom it is about: a prefix and the base64url of SHA-256. */
export function objectName(key: string): string {
  return `i:${createHash('sha256').update(key).digest('base64url')}`
}
