/**
 * The records of a shard: those that wait, in their order, and those that were set aside.
 * @module
 */
import { PATHS } from '@heap-edge/contract'
import type { Sql } from '../sql.ts'
import type { SetAsideRow, WaitingRow } from './sql.ts'

/** Which of the waiting records are wanted. */
export interface Wanted {
  /** Not those of these owners. */
  blocked: readonly number[]
  /** Not those of this path. */
  withoutPath?: string | undefined
  upTo?: number | undefined
  most: number
}

/** How much a shard holds, set aside or not. */
export interface Totals {
  waiting: number
  setAside: number
  bytes: number
}

export class Records {
  readonly #sql: Sql
  readonly totals: Totals

  constructor(sql: Sql) {
    this.#sql = sql
    const count = (table: string) => {
      const query = `SELECT count(*) AS records, coalesce(sum(octet_length(body)), 0) AS bytes FROM ${table}`
      return sql.exec<{ records: number; bytes: number }>(query)[0] as { records: number; bytes: number }
    }
    const [waiting, setAside] = [count('records'), count('set_aside')]
    this.totals = { waiting: waiting.records, setAside: setAside.records, bytes: waiting.bytes + setAside.bytes }
  }

  add(owner: number, path: string, body: string, size: number, now: number): void {
    this.#sql.exec('INSERT INTO records (owner, path, body, at) VALUES (?, ?, ?, ?)', owner, path, body, now)
    this.totals.waiting++
    this.totals.bytes += size
  }

  /** Oldest first. */
  select({ blocked, withoutPath, upTo, most }: Wanted): WaitingRow[] {
    const values: (string | number)[] = []
    let where = 'TRUE'
    const and = (condition: string, value: string | number) => {
      where += ` AND ${condition}`
      values.push(value)
    }
    if (blocked.length > 0) and('owner NOT IN (SELECT value FROM json_each(?))', JSON.stringify(blocked))
    if (withoutPath !== undefined) and('path <> ?', withoutPath)
    if (upTo !== undefined) and('seq <= ?', upTo)
    // As one text: a thousand rows would cost more to hand over than to find.
    const query = `SELECT json_group_array(json_array(seq, owner, path, octet_length(body), at)) AS rows FROM
      (SELECT * FROM records WHERE ${where} ORDER BY seq LIMIT ?)`
    const [found] = this.#sql.exec<{ rows: string }>(query, ...values, most)
    const rows = JSON.parse(found?.rows ?? '[]') as [number, number, string, number, number][]
    return rows.map(([seq, owner, path, size, at]) => ({ seq, owner, path, size, at }))
  }

  /** The bodies of these, in their order, with commas between them. */
  bodies(rows: readonly WaitingRow[]): string {
    const [condition, ...values] = only(rows)
    const query = `SELECT group_concat(body, ',' ORDER BY seq) AS bodies FROM records WHERE ${condition}`
    return this.#sql.exec<{ bodies: string }>(query, ...values)[0]?.bodies ?? ''
  }

  /** The oldest of all. */
  oldest(): Pick<WaitingRow, 'seq' | 'at'> | undefined {
    return this.#sql.exec<WaitingRow>('SELECT seq, at FROM records ORDER BY seq LIMIT 1')[0]
  }

  /** Takes out what Heap has now. */
  remove(rows: readonly WaitingRow[]): void {
    this.#delete(rows)
    for (const { size } of rows) this.totals.bytes -= size
  }

  setAside(
    rows: readonly WaitingRow[],
    now: number,
    { why, status, reason }: Pick<SetAsideRow, 'why' | 'status' | 'reason'>,
  ): void {
    const [condition, ...values] = only(rows)
    this.#sql.exec(
      `INSERT INTO set_aside SELECT r.seq, o.key, r.path, r.body, r.at, ?, ?, ?, ?
       FROM records r JOIN owners o ON o.id = r.owner WHERE r.${condition}`,
      now,
      why,
      status,
      reason,
      ...values,
    )
    this.#delete(rows)
    this.totals.setAside += rows.length
  }

  /**
   * Takes out all records of owners, those set aside too, and what would join one of them to an identity: whose waited, for
   * each record of it.
   */
  removeOf(ids: readonly number[], keys: readonly string[]): number[] {
    const gone = this.#sql.exec<{ owner: number; size: number }>(
      `DELETE FROM records WHERE owner IN (SELECT value FROM json_each(?)) RETURNING owner, octet_length(body) AS size`,
      JSON.stringify(ids),
    )
    const goneAside = this.#sql.exec<{ size: number }>(
      `DELETE FROM set_aside WHERE owner IN (SELECT value FROM json_each(?)) RETURNING octet_length(body) AS size`,
      JSON.stringify(keys),
    )
    const userIds = keys.filter((key) => key.startsWith('user_id:')).map((key) => key.slice('user_id:'.length))
    if (userIds.length > 0) {
      const joins = `WHERE path = ? AND body ->> 'user_id' IN (SELECT value FROM json_each(?)) RETURNING owner, octet_length(body) AS size`
      const values = [PATHS.identify, JSON.stringify(userIds)]
      gone.push(...this.#sql.exec<{ owner: number; size: number }>(`DELETE FROM records ${joins}`, ...values))
      goneAside.push(...this.#sql.exec<{ size: number }>(`DELETE FROM set_aside ${joins}`, ...values))
    }
    this.totals.waiting -= gone.length
    this.totals.setAside -= goneAside.length
    for (const { size } of [...gone, ...goneAside]) this.totals.bytes -= size
    return gone.map(({ owner }) => owner)
  }

  /** What was set aside, oldest first, after the one of this id. */
  listSetAside(after: number, most: number): SetAsideRow[] {
    return this.#sql.exec<SetAsideRow>('SELECT * FROM set_aside WHERE id > ? ORDER BY id LIMIT ?', after, most)
  }

  /** Throws away one that was set aside; false where there is none of this id. */
  discard(id: number): boolean {
    const query = 'DELETE FROM set_aside WHERE id = ? RETURNING octet_length(body) AS size'
    const [row] = this.#sql.exec<{ size: number }>(query, id)
    if (!row) return false
    this.totals.setAside--
    this.totals.bytes -= row.size
    return true
  }

  #delete(rows: readonly WaitingRow[]): void {
    const [condition, ...values] = only(rows)
    this.#sql.exec(`DELETE FROM records WHERE ${condition}`, ...values)
    this.totals.waiting -= rows.length
  }
}

/** A condition for these rows, and its values. A range, where there is nothing in between, is twice as fast. */
function only(rows: readonly WaitingRow[]): [condition: string, ...values: (number | string)[]] {
  const [first, last] = [rows[0], rows.at(-1)]
  if (first && last && last.seq - first.seq === rows.length - 1) return ['seq BETWEEN ? AND ?', first.seq, last.seq]
  return ['seq IN (SELECT value FROM json_each(?))', JSON.stringify(rows.map(({ seq }) => seq))]
}
