/**
 * The users of the deletions: who is suppressed, who is still known, and the hashes that stay.
 * @module
 */
import { createHmac } from 'node:crypto'
import type { Sql } from '../sql.ts'
import type { DeletionRow } from './sql.ts'
import type { DeletedUser, NamedUser } from './world.ts'

/** Users in one statement: a value that is bound may have 2 MB, and JSON makes six bytes of some characters. */
const USERS_PER_STATEMENT = 300

/** Later than any time. */
export const FOREVER = 8.64e15

/** A user of a deletion that is still known here. */
export interface Subject extends DeletedUser {
  n: number
}

export class Subjects {
  readonly #sql: Sql
  /** What makes the hashes of this ledger worthless elsewhere. */
  readonly salt: string

  constructor(sql: Sql, uuid: () => string) {
    this.#sql = sql
    sql.exec("INSERT OR IGNORE INTO state (name, value) VALUES ('salt', ?)", uuid() + uuid())
    this.salt = sql.exec<{ value: string }>("SELECT value FROM state WHERE name = 'salt'")[0]?.value as string
  }

  insert({ seq }: DeletionRow, users: readonly NamedUser[]): void {
    for (let first = 0; first < users.length; first += USERS_PER_STATEMENT) {
      const part = users
        .slice(first, first + USERS_PER_STATEMENT)
        .map(({ kind, value, name }, index) => [first + index, this.#hash(kind, value), kind, value, name ?? null])
      this.#sql.exec(
        `INSERT INTO subjects (deletion, n, hash, kind, value, name)
         SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
        seq,
        JSON.stringify(part),
      )
    }
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

  #hash(kind: string, value: string): string {
    return createHmac('sha256', this.salt).update(`${kind}:${value}`).digest('base64url')
  }
}
