/**
 * The deletions and their requests at Heap: every change of a deletion comes with its line in the audit.
 * @module
 */
import type { Sql } from '../sql.ts'
import type { AuditRow, DeletionRow, RequestRow } from './sql.ts'
import { type DeletionState, mayBecome } from './state.ts'

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

  constructor(sql: Sql) {
    this.#sql = sql
  }

  insert(id: string, users: number, key: string | undefined, fingerprint: string, now: number): DeletionRow {
    const [row] = this.#sql.exec<DeletionRow>(
      `INSERT INTO deletions (id, state, users, accepted_at, counted_from, idempotency_key, fingerprint)
       VALUES (?, 'accepted', ?, ?, ?, ?, ?) RETURNING *`,
      id,
      users,
      now,
      now,
      key ?? null,
      fingerprint,
    ) as [DeletionRow]
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

  /** When a submission is due next. */
  nextSubmission(): number {
    const query = "SELECT min(next_at) AS at FROM deletions WHERE state IN ('accepted', 'submitting')"
    return this.#sql.exec<{ at: number | null }>(query)[0]?.at ?? Infinity
  }
}
