/**
 * What the page shows, in one answer of bounded size.
 * @module
 */
import type { Memory } from './memory.ts'
import { LISTS, refusedRequests } from './store/lists.ts'
import { iso } from './store/schema.ts'
import type { Shortened, Snapshot, Stats, StoredProperties } from './types.ts'

/** Rows of each list, and properties of each row. */
const SHOWN = 50
const SHOWN_PROPERTIES = 12

/** The numbers of `GET /_sandbox/stats`. */
export function statsOf(sql: SqlStorage, { counters, watch }: Memory): Stats {
  const { users, accounts } = sql
    .exec<{ users: number; accounts: number }>(
      `SELECT (SELECT count(*) FROM users WHERE user_id IS NULL OR identity IS NULL) AS users,
         (SELECT count(*) FROM accounts) AS accounts`,
    )
    .one()
  const { requests, events, duplicates } = counters
  return { requests, events, users, accounts, duplicates, max: watch.max }
}

export function snapshotOf(sql: SqlStorage, memory: Memory): Snapshot {
  const few = { limit: SHOWN }
  return {
    now: iso(memory.now),
    stats: statsOf(sql, memory),
    rate: memory.watch.rate(memory.now),
    faults: [...memory.faults.active],
    users: LISTS.users(sql, few).map(shortened),
    events: LISTS.events(sql, few).map(shortened),
    accounts: LISTS.accounts(sql, few).map(shortened),
    deletions: LISTS.deletions(sql, few),
    refused: refusedRequests(sql, SHOWN),
  }
}

function shortened<T extends { properties: StoredProperties }>(row: T): Shortened<T> {
  const all = Object.entries(row.properties)
  const properties = Object.fromEntries(all.slice(0, SHOWN_PROPERTIES))
  return { ...row, properties, more: Math.max(0, all.length - SHOWN_PROPERTIES) }
}
