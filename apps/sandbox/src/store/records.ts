/**
 * Writes what Heap keeps: events, users with their properties, accounts, joins.
 * @module
 */
import {
  type AccountProperties,
  type Identification,
  type Subject,
  subjectKey,
  type TrackEvent,
  type UserProperties,
} from '@heap-edge/contract'
import { decideJoin } from '../joins.ts'
import { asStored } from '../stored.ts'
import { iso } from './schema.ts'

/** One environment at one moment. */
interface Place {
  appId: string
  now: number
}

/** Stores events; those whose idempotency_key is known are left out. Answers how many are stored. */
export function addEvents(sql: SqlStorage, { appId, now }: Place, events: readonly TrackEvent[]): number {
  const stored = new Map<string, { subject: Subject; count: number }>()
  let count = 0
  for (const event of events) {
    const { rowsWritten } = sql.exec(
      `INSERT OR IGNORE INTO events
       (app_id, identity, user_id, event, properties, timestamp, session_id, idempotency_key, received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      appId,
      event.identity ?? null,
      event.user_id ?? null,
      event.event,
      JSON.stringify(asStored(event.properties)),
      event.timestamp ?? iso(now),
      event.session_id ?? null,
      event.idempotency_key ?? null,
      now,
    )
    if (rowsWritten === 0) continue
    count++
    const key = subjectKey(event) as string
    const known = stored.get(key)
    if (known) known.count++
    else stored.set(key, { subject: event, count: 1 })
  }
  for (const { subject, count } of stored.values()) touchUser(sql, { appId, now }, subject, count)
  return count
}

/** Notes that a user, or the identity that a user_id is joined to, sent something. */
function touchUser(sql: SqlStorage, { appId, now }: Place, subject: Subject, events: number): void {
  const identity = subject.identity ?? identityOf(sql, appId, subject.user_id)
  const user = identity === undefined ? { user_id: subject.user_id as string } : { identity }
  sql.exec(
    `INSERT INTO users (app_id, subject, identity, user_id, events, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET events = events + excluded.events, last_seen = excluded.last_seen`,
    appId,
    subjectKey(user),
    identity ?? null,
    identity === undefined ? (subject.user_id as string) : null,
    events,
    now,
    now,
  )
}

function identityOf(sql: SqlStorage, appId: string, userId: string): string | undefined {
  const [row] = sql.exec<{ identity: string | null }>(
    'SELECT identity FROM users WHERE app_id = ? AND subject = ?',
    appId,
    subjectKey({ user_id: userId }),
  )
  return row?.identity ?? undefined
}

/** Sets properties of users, in order; unknown users are created. */
export function setUserProperties(sql: SqlStorage, { appId, now }: Place, users: readonly UserProperties[]): void {
  for (const { identity, properties } of users) {
    sql.exec(
      `INSERT INTO users (app_id, subject, identity, properties, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET properties = json_patch(properties, excluded.properties), last_seen = excluded.last_seen`,
      appId,
      subjectKey({ identity }),
      identity,
      JSON.stringify(asStored(properties)),
      now,
      now,
    )
  }
}

/** Sets properties of accounts, in order; unknown accounts are created. */
export function setAccountProperties(
  sql: SqlStorage,
  { appId, now }: Place,
  accounts: readonly AccountProperties[],
): void {
  for (const { account_id, properties } of accounts) {
    sql.exec(
      `INSERT INTO accounts (app_id, account_id, properties, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET properties = json_patch(properties, excluded.properties), last_seen = excluded.last_seen`,
      appId,
      account_id,
      JSON.stringify(asStored(properties)),
      now,
      now,
    )
  }
}

/** Joins a user_id, with all that it has sent, to an identity. Answers why where the rules forbid it. */
export function joinUser(sql: SqlStorage, { appId, now }: Place, join: Identification): string | undefined {
  const { user_id, identity } = join
  const joinedAt = sql
    .exec<{ joined_at: number }>(
      'SELECT joined_at FROM users WHERE app_id = ? AND identity = ? AND user_id IS NOT NULL',
      appId,
      identity,
    )
    .toArray()
  const verdict = decideJoin(
    { current: identityOf(sql, appId, user_id), joinedAt: joinedAt.map(({ joined_at }) => joined_at) },
    identity,
    now,
  )
  if (typeof verdict === 'object') return verdict.dropped
  touchUser(sql, { appId, now }, { identity }, 0)
  if (verdict === 'known') return
  const subject = subjectKey({ user_id }) as string
  const [before] = sql.exec<{ events: number; first_seen: number }>(
    'SELECT events, first_seen FROM users WHERE app_id = ? AND subject = ?',
    appId,
    subject,
  )
  if (before) {
    sql.exec(
      'UPDATE users SET events = events + ?, first_seen = min(first_seen, ?) WHERE app_id = ? AND subject = ?',
      before.events,
      before.first_seen,
      appId,
      subjectKey({ identity }),
    )
  }
  sql.exec(
    `INSERT OR REPLACE INTO users (app_id, subject, identity, user_id, joined_at, first_seen, last_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    appId,
    subject,
    identity,
    user_id,
    now,
    before?.first_seen ?? now,
    now,
  )
}
