/**
 * Asks for the permits of a request: the app's budget first, which is mostly leased already, then each identity's limiter.
 * @module
 */
import { createHash } from 'node:crypto'
import { EVENTS_PER_APP, type IngestRecord, subjectKey, type Window } from '@heap-edge/contract'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { appBudget, IDENTITY_RULES, identityLimiter, type Verdict } from './durable.ts'
import { NOBODY, SUPPRESSED } from './holder.ts'
import { Lease, LEASE_MS } from './lease.ts'
import type { Quota } from './windows.ts'

/** A limit of Heap, and what is left of it. */
export interface LimitState extends Window, Quota {
  name: 'requests' | 'events' | 'app-events'
}

/** What of a request may be sent to Heap now, by the key of its records. */
export interface Permits {
  /** These may not: why they wait, and which shard of the outbox holds them, where one does. */
  waiting: Map<string, { holder: number }>
  /** These are being deleted: nothing of them is sent. */
  suppressed: Set<string>
  /** The limits of the identity that has the fewest requests left, or of the environment; none for accounts. */
  limits: LimitState[]
}

const IDENTITY_LIMITS = (['requests', 'events'] as const).map((name, index) => ({
  name,
  ...(IDENTITY_RULES[index] as Window),
}))

const APP_LIMITS = [{ name: 'app-events', ...EVENTS_PER_APP }] as const

/** What a limiter says is left, in the order of its rules, beside those rules. */
function withRules(rules: readonly (Window & Pick<LimitState, 'name'>)[], quotas: Quota[]): LimitState[] {
  return quotas.map((quota, index) => ({ ...(rules[index] as (typeof rules)[number]), ...quota }))
}

const ACCOUNT = 'account:'

/** Whether an {@link ownerKey} is that of an account, which has no limits. */
export function isAccount(key: string): boolean {
  return key.startsWith(ACCOUNT)
}

/** Whom a record is about: the key under which Heap counts it, or its account, which has no limit but an order. */
export function ownerKey(record: IngestRecord): string {
  return 'account_id' in record ? ACCOUNT + record.account_id : (subjectKey(record) as string)
}

/** Events by {@link ownerKey}; a request that carries no events counts as none. */
export function countByOwner(records: IngestRecord[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const record of records) {
    const key = ownerKey(record)
    counts.set(key, (counts.get(key) ?? 0) + ('event' in record ? 1 : 0))
  }
  return counts
}

/** What this isolate has leased, by environment. */
const leases = new Map<string, Lease>()

/**
 * Counts a request against every limit that it touches. The events of whoever has to wait go back to the lease, so that who
 * sends too much uses up nobody's budget.
 *
 * @param counts events by {@link ownerKey}. Beyond `maxLiveIdentities` keys nobody is asked: they wait.
 */
export async function takePermits(
  env: Pick<Env, 'IDENTITY_LIMITER' | 'APP_BUDGET'>,
  app_id: string,
  counts: Map<string, number>,
  { limitMarginMs, maxLiveIdentities }: Config,
): Promise<Permits> {
  let lease = leases.get(app_id)
  if (!lease) leases.set(app_id, (lease = new Lease()))
  const waiting: Permits['waiting'] = new Map()
  const suppressed: Permits['suppressed'] = new Set()
  const events = counts.values().reduce((sum, count) => sum + count, 0)
  const budget = await takeBudget(lease, () => appBudget(env.APP_BUDGET, budgetName(app_id)), events, limitMarginMs)
  if ('quotas' in budget) {
    for (const key of counts.keys()) waiting.set(key, { holder: NOBODY })
    return { waiting, suppressed, limits: withRules(APP_LIMITS, budget.quotas) }
  }

  let notSent = 0
  let least: Verdict | undefined
  const wait = (key: string, count: number, holder: number) => {
    waiting.set(key, { holder })
    notSent += count
  }
  const ask = async ([key, count]: [string, number]) => {
    const limiter = identityLimiter(env.IDENTITY_LIMITER, limiterName(app_id, key))
    if (isAccount(key)) {
      const { holder } = await limiter.look()
      if (holder !== NOBODY) wait(key, count, holder)
      return
    }
    const verdict = await limiter.take(count, limitMarginMs)
    if (verdict.holder === SUPPRESSED) {
      suppressed.add(key)
      notSent += count
      return
    }
    if (verdict.holder !== NOBODY || verdict.waitMs > 0) wait(key, count, verdict.holder)
    if (!least || requestsLeft(verdict) < requestsLeft(least)) least = verdict
  }
  const keys = [...counts]
  await Promise.all(keys.slice(0, maxLiveIdentities).map(ask))
  for (const [key, count] of keys.slice(maxLiveIdentities)) wait(key, count, NOBODY)
  if (notSent > 0) lease.giveBack(notSent, budget.ends)
  return { waiting, suppressed, limits: withRules(IDENTITY_LIMITS, least?.quotas ?? []) }
}

/** Whether this one is being deleted. Nothing is counted. */
export async function isSuppressed(env: Pick<Env, 'IDENTITY_LIMITER'>, app_id: string, key: string): Promise<boolean> {
  const { holder } = await identityLimiter(env.IDENTITY_LIMITER, limiterName(app_id, key)).look()
  return holder === SUPPRESSED
}

/** What is left of an identity; one that the outbox holds comes after all others, since nothing is known of it. */
function requestsLeft({ quotas }: Verdict): number {
  return quotas[0]?.remaining ?? Infinity
}

/** Takes events from the lease, or leases more: the time when the lease of them ends, or the refusal. */
async function takeBudget(
  lease: Lease,
  budget: () => ReturnType<typeof appBudget>,
  events: number,
  marginMs: number,
): Promise<{ ends: number } | Verdict> {
  const now = Date.now()
  const ends = lease.take(now, events)
  if (ends !== undefined) return { ends }
  const { waitMs, granted, quotas } = await budget().lease(events, lease.ahead(now), marginMs + LEASE_MS)
  if (waitMs > 0) return { waitMs, quotas }
  // Nothing is awaited in between, so that no other request of this isolate can use them up.
  lease.grant(now, granted)
  return { ends: lease.take(now, events) ?? now }
}

/** The name of the object that counts for an environment. */
export function budgetName(app_id: string): string {
  return `app:${app_id}`
}

/** The name of the object that counts for an owner: a prefix and the base64url of SHA-256, which says nothing of whom. */
export function limiterName(app_id: string, key: string): string {
  return `i:${createHash('sha256').update(`${app_id}:${key}`).digest('base64url')}`
}
