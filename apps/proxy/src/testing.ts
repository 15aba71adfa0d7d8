/**
 * What the model tests of the outbox and the ledger stand on: SQLite that loses in a crash what the object has not shown yet.
 * @module
 */
import { DatabaseSync } from 'node:sqlite'
import type { Sql } from './outbox/sql.ts'

/** SQLite, of which a crash loses what was written since something last left the object; with the alarm of the object. */
export class Storage {
  readonly #db = new DatabaseSync(':memory:')
  #open = false

  readonly sql: Sql = {
    exec: <Row>(query: string, ...values: (string | number | null)[]) => {
      if (!this.#open) this.#db.exec('BEGIN')
      this.#open = true
      return this.#db.prepare(query).all(...values) as Row[]
    },
  }

  constructor(schema: string) {
    this.#db.exec(schema)
    this.#db.exec('CREATE TABLE alarm (at INTEGER, running INTEGER)')
  }

  /** When the alarm rings; nothing where none is set. */
  get alarm(): number | undefined {
    return this.sql.exec<{ at: number }>('SELECT at FROM alarm')[0]?.at
  }

  setAlarm(at: number): void {
    this.sql.exec('DELETE FROM alarm')
    this.sql.exec('INSERT INTO alarm VALUES (?, FALSE)', at)
  }

  /**
   * As on the platform: an alarm is gone when its handler has ended, unless it was set again, and comes again after a crash.
   *
   * @param handler false where its object did not live until its end
   */
  async ring(handler: () => Promise<boolean>): Promise<void> {
    this.sql.exec('UPDATE alarm SET running = TRUE')
    if (await handler()) this.sql.exec('DELETE FROM alarm WHERE running')
  }

  end(how: 'COMMIT' | 'ROLLBACK'): void {
    if (this.#open) this.#db.exec(how)
    this.#open = false
  }

  close(): void {
    this.#db.close()
  }
}

/** All that can go on without an answer from outside has gone on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}
