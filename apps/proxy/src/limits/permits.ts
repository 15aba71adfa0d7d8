/**
 * Asks for the permits of a request: the app's budget first, which is mostly leased already, then each identity's limiter.
 * @module
 */
import { createHash } from 'node:crypto'
import { type IngestRecord, subjectKey } from '@heap-edge/contract'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { appBudget, identityLimiter, type Quota, type Verdict } from './durable.ts'
import { Lease, LEASE_MS } from './lease.ts'

/** Whether a request may be sent to Heap now, and what is left of the identity that has least. */
export interface Permit {
  granted: boolean
  /** Milliseconds to wait where it is not. */
  waitMs: number
  /** What is left of requests and events, of the identity that has the fewest requests left; none for accounts. */
  quotas: Quota[]
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
 * Counts a request against every limit that it touches. A refusal of one identity leaves the others' permits used: the
 * windows then hold a little more than what Heap saw, never less.
 */
export async function takePermits(
  env: Pick<Env, 'IDENTITY_LIMITER' | 'APP_BUDGET'>,
  app_id: string,
  counts: Map<string, number>,
  { limitMarginMs }: Config,
): Promise<Permit> {
  const events = counts.values().reduce((sum, count) => sum + count, 0)
  const waitMs = events > 0 ? await takeBudget(env.APP_BUDGET, app_id, events, limitMarginMs) : 0
  if (waitMs > 0) return { granted: false, waitMs, quotas: [] }
  const verdicts = await Promise.all(
    counts.entries().map(([key, count]) => {
      return identityLimiter(env.IDENTITY_LIMITER, objectName(`${app_id}:${key}`)).take(count, limitMarginMs)
    }),
  )
  return summary(verdicts)
}

function summary(verdicts: Verdict[]): Permit {
  let waitMs = 0
  let quotas: Quota[] = []
  for (const verdict of verdicts) {
    waitMs = Math.max(waitMs, verdict.waitMs)
    if (!quotas[0] || (verdict.quotas[0] && verdict.quotas[0].remaining < quotas[0].remaining)) quotas = verdict.quotas
  }
  return { granted: waitMs === 0, waitMs, quotas }
}

async function takeBudget(namespace: Env['APP_BUDGET'], app_id: string, events: number, marginMs: number) {
  let lease = leases.get(app_id)
  if (!lease) leases.set(app_id, (lease = new Lease()))
  const now = Date.now()
  if (lease.take(now, events)) return 0
  const { waitMs, granted } = await appBudget(namespace, `app:${app_id}`).lease(
    events,
    lease.ahead(now),
    marginMs + LEASE_MS,
  )
  if (waitMs > 0) return waitMs
  // Another request of this isolate must not use them up in between, so that they are taken before anything is awaited.
  lease.grant(now, granted)
  lease.take(now, events)
  return 0
}

/** A name of a Durable Object that says nothing of whom it is about: a prefix and the base64url of SHA-256. */
export function objectName(key: string): string {
  return `i:${createHash('sha256').update(key).digest('base64url')}`
}
