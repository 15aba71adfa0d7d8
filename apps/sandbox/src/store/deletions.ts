/**
 * Access tokens, and deletions of users.
 * @module
 */
import { type Subject, subjectKey, TOKEN_LIFETIME_MS } from '@heap-edge/contract'

/** A new token, which lives for 5 minutes. */
export function issueToken(sql: SqlStorage, now: number): string {
  sql.exec('DELETE FROM tokens WHERE expires_at <= ?', now)
  const token = crypto.randomUUID()
  sql.exec('INSERT INTO tokens (token, expires_at) VALUES (?, ?)', token, now + TOKEN_LIFETIME_MS)
  return token
}

/** Whether a token was issued and has not expired. */
export function isValidToken(sql: SqlStorage, token: string, now: number): boolean {
  const { found } = sql
    .exec<{ found: number }>('SELECT count(*) AS found FROM tokens WHERE token = ? AND expires_at > ?', token, now)
    .one()
  return found > 0
}

/** Notes a deletion, which completes at `dueAt`. */
export function addDeletion(sql: SqlStorage, users: readonly Subject[], now: number, dueAt: number): string {
  const id = crypto.randomUUID()
  sql.exec('INSERT INTO deletions (id, requested_at, due_at) VALUES (?, ?, ?)', id, now, dueAt)
  for (const user of users) {
    sql.exec('INSERT OR IGNORE INTO deletion_users VALUES (?, ?)', id, subjectKey(user))
  }
  return id
}

/** What became of a deletion. */
export function deletionStatus(sql: SqlStorage, id: string): 'pending' | 'complete' | undefined {
  const [row] = sql.exec<{ completed_at: number | null }>('SELECT completed_at FROM deletions WHERE id = ?', id)
  return row && (row.completed_at === null ? 'pending' : 'complete')
}

/** When the next pending deletion completes; Infinity when there is none. */
export function nextDue(sql: SqlStorage): number {
  const { due } = sql
    .exec<{ due: number | null }>('SELECT min(due_at) AS due FROM deletions WHERE completed_at IS NULL')
    .one()
  return due ?? Infinity
}

/** Completes what is due. */
export function completeDue(sql: SqlStorage, now: number): void {
  const due = sql.exec<{ id: string }>('SELECT id FROM deletions WHERE completed_at IS NULL AND due_at <= ?', now)
  for (const { id } of due.toArray()) completeDeletion(sql, id, now)
}

/**
 * Removes the users of a deletion from every environment, with their events. Whoever is named by one of their user_ids goes
 * as a whole: the identity, and all user_ids that are joined to it.
 */
export function completeDeletion(sql: SqlStorage, id: string, now: number): void {
  sql.exec(
    `WITH named AS (SELECT u.* FROM deletion_users d JOIN users u ON u.subject = d.subject WHERE d.deletion_id = ?)
     INSERT OR IGNORE INTO doomed
     SELECT app_id, subject FROM named
     UNION SELECT app_id, 'identity:' || identity FROM named WHERE identity IS NOT NULL
     UNION SELECT u.app_id, u.subject FROM named JOIN users u USING (app_id, identity) WHERE u.user_id IS NOT NULL`,
    id,
  )
  sql.exec(
    `DELETE FROM events
     WHERE (app_id, coalesce('identity:' || identity, 'user_id:' || user_id)) IN (SELECT app_id, subject FROM doomed)`,
  )
  sql.exec('DELETE FROM users WHERE (app_id, subject) IN (SELECT app_id, subject FROM doomed)')
  sql.exec('DELETE FROM doomed')
  sql.exec('UPDATE deletions SET completed_at = ? WHERE id = ?', now, id)
}
