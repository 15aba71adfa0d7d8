/**
 * The log of requests: shown to people, and what the counts over rolling windows are rebuilt from after a restart.
 * @module
 */
import type { Arrival } from '../traffic/arrival.ts'
import { arrivalBy } from '../traffic/arrival.ts'

/** Requests that are kept. */
export const MOST_REQUESTS = 100_000
/** How often older ones are removed, in requests. */
const PRUNE_EVERY = 5000

/** One request and what became of it. */
export interface RequestEntry {
  at: number
  method: string
  path: string
  status: number | null
  records: number
  /** Only of requests that were valid: those count. */
  arrival?: Arrival | undefined
  /** Whether it counts against the limits. */
  passed: boolean
  note?: string | undefined
}

/**
 * Adds an entry.
 *
 * @param keepMs how far back the counts reach: so much is never removed
 */
export function addRequest(sql: SqlStorage, entry: RequestEntry, keepMs: number): void {
  const { id } = sql
    .exec<{ id: number }>(
      `INSERT INTO requests (received_at, method, path, app_id, status, subjects, records, passed, note)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      entry.at,
      entry.method,
      entry.path,
      entry.arrival?.appId ?? null,
      entry.status,
      entry.arrival ? JSON.stringify(entry.arrival.subjects) : null,
      entry.records,
      entry.passed ? 1 : 0,
      entry.note ?? null,
    )
    .one()
  if (id % PRUNE_EVERY === 0) {
    sql.exec('DELETE FROM requests WHERE id <= ? AND received_at <= ?', id - MOST_REQUESTS, entry.at - keepMs)
  }
}

/** The valid requests since a time, oldest first. */
export function* requestsSince(
  sql: SqlStorage,
  since: number,
): Generator<{ at: number; arrival: Arrival; passed: boolean }> {
  const rows = sql.exec<{ received_at: number; path: string; app_id: string; subjects: string; passed: number }>(
    `SELECT received_at, path, app_id, subjects, passed FROM requests
     WHERE received_at > ? AND subjects IS NOT NULL ORDER BY id`,
    since,
  )
  for (const { received_at, path, app_id, subjects, passed } of rows) {
    const counted = JSON.parse(subjects) as Arrival['subjects']
    yield { at: received_at, arrival: arrivalBy(path, app_id, counted), passed: passed === 1 }
  }
}
