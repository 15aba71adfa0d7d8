/**
 * Writes users: that they were seen, their properties, and which user_ids belong to which identity.
 * @module
 */
import { type Identification, type Subject, subjectKey, type UserProperties } from '@heap-edge/contract'
import { decideJoin } from '../joins.ts'
import { MERGE_PROPERTIES, storedText, TooLarge } from './properties.ts'
import type { Place } from './schema.ts'

/** Notes that a user, or the identity that a user_id is joined to, sent something. */
export function touchUser(sql: SqlStorage, { appId, now }: Place, subject: Subject, events: number): void {
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
    const { rowsWritten } = sql.exec(
      `INSERT INTO users (app_id, subject, identity, properties, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
       ${MERGE_PROPERTIES}`,
      appId,
      subjectKey({ identity }),
      identity,
      storedText(properties),
      now,
      now,
    )
    if (rowsWritten === 0) throw new TooLarge()
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
