/**
 * The rows of the ledger: every change of a deletion comes with its line in the audit.
 * @module
 */
import { createHmac } from 'node:crypto'
import type { Sql } from '../outbox/sql.ts'
import type { AuditRow, Channel, DeletionRow, NoticeRow, RequestRow } from './sql.ts'
import { type DeletionState, mayBecome } from './state.ts'
import type { DeletedUser, NamedUser } from './world.ts'

/** Users in one statement: a value that is bound may have 2 MB, and JSON makes six bytes of some characters. */
const USERS_PER_STATEMENT = 300

/** Later than any time. */
export const FOREVER = 8.64e15

/** A user of a deletion that is still known here. */
export interface Subject extends DeletedUser {
  n: number
}

/** What of a deletion changes with its state. */
export type Changes = Partial<
  Pick<
    DeletionRow,
    | 'counted_from'
    | 'resumed'
    | 'submitted_at'
    | 'ended_at'
    | 'suppressed_until'
    | 'next_at'
    | 'failures'
    | 'problem'
    | 'overdue'
  >
>

export class Rows {
  readonly #sql: Sql
  /** What makes the hashes of this ledger worthless elsewhere. */
  readonly salt: string

  constructor(sql: Sql, uuid: () => string) {
    this.#sql = sql
    sql.exec("INSERT OR IGNORE INTO state (name, value) VALUES ('salt', ?)", uuid() + uuid())
    this.salt = sql.exec<{ value: string }>("SELECT value FROM state WHERE name = 'salt'")[0]?.value as string
  }

  insert(
    id: string,
    users: readonly NamedUser[],
    key: string | undefined,
    fingerprint: string,
    now: number,
  ): DeletionRow {
    const [row] = this.#sql.exec<DeletionRow>(
      `INSERT INTO deletions (id, state, users, accepted_at, counted_from, idempotency_key, fingerprint)
       VALUES (?, 'accepted', ?, ?, ?, ?, ?) RETURNING *`,
      id,
      users.length,
      now,
      now,
      key ?? null,
      fingerprint,
    ) as [DeletionRow]
    for (let first = 0; first < users.length; first += USERS_PER_STATEMENT) {
      const part = users
        .slice(first, first + USERS_PER_STATEMENT)
        .map(({ kind, value, name }, index) => [first + index, this.#hash(kind, value), kind, value, name ?? null])
      this.#sql.exec(
        `INSERT INTO subjects (deletion, n, hash, kind, value, name)
         SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
        row.seq,
        JSON.stringify(part),
      )
    }
    this.audit(row, now, 'accepted')
    return row
  }

  byId(id: string): DeletionRow | undefined {
    return this.#sql.exec<DeletionRow>('SELECT * FROM deletions WHERE id = ?', id)[0]
  }

  bySeq(seq: number): DeletionRow {
    return this.#sql.exec<DeletionRow>('SELECT * FROM deletions WHERE seq = ?', seq)[0] as DeletionRow
  }

  byKey(key: string): DeletionRow | undefined {
    return this.#sql.exec<DeletionRow>('SELECT * FROM deletions WHERE idempotency_key = ?', key)[0]
  }

  /** Newest first, of this state or of all, before the one with this number. */
  list(state: DeletionState | undefined, before: number, most: number): DeletionRow[] {
    return this.#sql.exec<DeletionRow>(
      'SELECT * FROM deletions WHERE seq < ? AND (state = ? OR ?) ORDER BY seq DESC LIMIT ?',
      before,
      state ?? '',
      state === undefined ? 1 : 0,
      most,
    )
  }

  /** Those of these states that are due, the one that has waited longest first. */
  due(states: readonly DeletionState[], now: number, most: number): DeletionRow[] {
    return this.#sql.exec<DeletionRow>(
      `SELECT * FROM deletions WHERE state IN (SELECT value FROM json_each(?)) AND next_at <= ?
       ORDER BY next_at, seq LIMIT ?`,
      JSON.stringify(states),
      now,
      most,
    )
  }

  /** Those that go on, and are counted from before this time. */
  late(before: number): DeletionRow[] {
    return this.#sql.exec<DeletionRow>(
      "SELECT * FROM deletions WHERE state IN ('accepted', 'submitting', 'pending') AND counted_from <= ?",
      before,
    )
  }

  /** The next state, with what changes along with it. */
  move(row: DeletionRow, to: DeletionState, now: number, changes: Changes, note?: string): DeletionRow {
    const { state } = this.bySeq(row.seq)
    if (!mayBecome(state, to)) throw new Error(`A deletion that is ${state} cannot become ${to}`)
    this.#sql.exec('UPDATE deletions SET state = ? WHERE seq = ?', to, row.seq)
    this.audit(row, now, to, note)
    return this.change(row, changes)
  }

  change({ seq }: DeletionRow, changes: Changes): DeletionRow {
    const names = Object.keys(changes)
    if (names.length > 0) {
      const set = names.map((name) => `${name} = ?`).join(', ')
      this.#sql.exec(`UPDATE deletions SET ${set} WHERE seq = ?`, ...Object.values(changes), seq)
    }
    return this.bySeq(seq)
  }

  audit({ seq, users }: DeletionRow, now: number, what: string, note?: string): void {
    this.#sql.exec('INSERT INTO audit VALUES (?, ?, ?, ?, ?)', seq, now, what, users, note ?? null)
  }

  audits({ seq }: DeletionRow): AuditRow[] {
    return this.#sql.exec<AuditRow>('SELECT at, what, users, note FROM audit WHERE deletion = ? ORDER BY rowid', seq)
  }

  hashes({ seq }: DeletionRow): string[] {
    const query = 'SELECT hash FROM subjects WHERE deletion = ? ORDER BY n'
    return this.#sql.exec<{ hash: string }>(query, seq).map(({ hash }) => hash)
  }

  users({ seq }: DeletionRow): DeletedUser[] {
    return this.#sql.exec<DeletedUser>('SELECT kind, value FROM subjects WHERE deletion = ? ORDER BY n', seq)
  }

  names({ seq }: DeletionRow): string[] {
    const query = 'SELECT name FROM subjects WHERE deletion = ? AND name IS NOT NULL ORDER BY n'
    return this.#sql.exec<{ name: string }>(query, seq).map(({ name }) => name)
  }

  /** The oldest deletion of which somebody is still to be suppressed. */
  unsuppressed(): DeletionRow | undefined {
    return this.#sql.exec<DeletionRow>(
      `SELECT * FROM deletions d WHERE state IN ('accepted', 'timed_out')
       AND EXISTS (SELECT 1 FROM subjects s WHERE s.deletion = d.seq AND stage = 0 AND value IS NOT NULL) ORDER BY seq LIMIT 1`,
    )[0]
  }

  /** Users of a deletion that are still to be suppressed. */
  toSuppress({ seq }: DeletionRow, most: number): Subject[] {
    return this.#sql.exec<Subject>(
      'SELECT n, kind, value FROM subjects WHERE deletion = ? AND stage = 0 AND value IS NOT NULL LIMIT ?',
      seq,
      most,
    )
  }

  /** Grows from call to call, so that a limiter knows one that comes late. */
  nextCall(): number {
    const [row] = this.#sql.exec<{ value: string }>(
      `INSERT INTO state (name, value) VALUES ('call', '1')
       ON CONFLICT DO UPDATE SET value = CAST(value + 1 AS TEXT) RETURNING value`,
    )
    return Number(row?.value)
  }

  suppressed({ seq }: DeletionRow, subjects: readonly Subject[]): void {
    const query = 'UPDATE subjects SET stage = 1 WHERE deletion = ? AND n IN (SELECT value FROM json_each(?))'
    this.#sql.exec(query, seq, JSON.stringify(subjects.map(({ n }) => n)))
  }

  /** The oldest deletion that is over and of which somebody is still known. */
  unreleased(): DeletionRow | undefined {
    return this.#sql.exec<DeletionRow>(
      `SELECT * FROM deletions d WHERE state IN ('complete', 'failed')
       AND EXISTS (SELECT 1 FROM subjects s WHERE s.deletion = d.seq AND value IS NOT NULL) ORDER BY seq LIMIT 1`,
    )[0]
  }

  /** Users of a deletion that are still known, and until when all of the deletions that they are in want them suppressed. */
  toRelease({ seq }: DeletionRow, most: number): (Subject & { until: number })[] {
    return this.#sql.exec<Subject & { until: number }>(
      `SELECT n, kind, value, (
         SELECT max(coalesce(d.suppressed_until, ?))
         FROM subjects o JOIN deletions d ON d.seq = o.deletion WHERE o.hash = s.hash
       ) AS until
       FROM subjects s WHERE deletion = ? AND value IS NOT NULL LIMIT ?`,
      FOREVER,
      seq,
      most,
    )
  }

  /** Only their hashes are left of them. */
  erase({ seq }: DeletionRow, subjects: readonly Subject[]): void {
    this.#sql.exec(
      `UPDATE subjects SET kind = NULL, value = NULL, name = NULL
       WHERE deletion = ? AND n IN (SELECT value FROM json_each(?))`,
      seq,
      JSON.stringify(subjects.map(({ n }) => n)),
    )
  }

  addRequest({ seq }: DeletionRow, heapId: string, status: string, now: number): void {
    const query = 'INSERT OR IGNORE INTO requests (deletion, heap_id, status, submitted_at) VALUES (?, ?, ?, ?)'
    this.#sql.exec(query, seq, heapId, status, now)
  }

  requests({ seq }: DeletionRow): RequestRow[] {
    const query =
      'SELECT heap_id, status, submitted_at, polled_at FROM requests WHERE deletion = ? ORDER BY submitted_at'
    return this.#sql.exec<RequestRow>(query, seq)
  }

  /** What is complete stays so: an answer that comes late says less. */
  polled({ seq }: DeletionRow, heapId: string, status: string, now: number): void {
    const query =
      "UPDATE requests SET status = ?, polled_at = ? WHERE deletion = ? AND heap_id = ? AND status <> 'complete'"
    this.#sql.exec(query, status, now, seq, heapId)
  }

  addNotice({ seq, id, resumed }: DeletionRow, channel: Channel, event: string, body: string, now: number): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO notices (id, deletion, channel, event, body, created_at, next_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      // Who takes it up again is to hear of its end again.
      resumed === 0 ? `${id}_${event}` : `${id}_${event}_${resumed + 1}`,
      seq,
      channel,
      event,
      body,
      now,
      now,
    )
  }

  dueNotices(now: number, most: number): NoticeRow[] {
    const query = 'SELECT * FROM notices WHERE next_at <= ? ORDER BY next_at LIMIT ?'
    return this.#sql.exec<NoticeRow>(query, now, most)
  }

  notices({ seq }: DeletionRow): Omit<NoticeRow, 'body'>[] {
    return this.#sql.exec<Omit<NoticeRow, 'body'>>(
      `SELECT id, deletion, channel, event, created_at, next_at, attempts, delivered_at, problem
       FROM notices WHERE deletion = ? ORDER BY created_at`,
      seq,
    )
  }

  /** What becomes of a notification: `next_at` where it is sent again; else its body, with the names in it, is gone. */
  changeNotice(
    { id, channel }: NoticeRow,
    { attempts, next_at, delivered_at, problem }: Pick<NoticeRow, 'attempts' | 'next_at' | 'delivered_at' | 'problem'>,
  ): void {
    this.#sql.exec(
      `UPDATE notices SET attempts = ?, next_at = ?, delivered_at = ?, problem = ?, body = iif(? IS NULL, NULL, body)
       WHERE id = ? AND channel = ?`,
      attempts,
      next_at,
      delivered_at,
      problem,
      next_at,
      id,
      channel,
    )
  }

  /** When a submission or a notification is due next. */
  nextDue(): number {
    const [row] = this.#sql.exec<{ at: number | null }>(
      `SELECT min(at) AS at FROM (
         SELECT min(next_at) AS at FROM deletions WHERE state IN ('accepted', 'submitting')
         UNION ALL SELECT min(next_at) FROM notices WHERE next_at IS NOT NULL)`,
    )
    return row?.at ?? Infinity
  }

  #hash(kind: string, value: string): string {
    return createHmac('sha256', this.salt).update(`${kind}:${value}`).digest('base64url')
  }
}
