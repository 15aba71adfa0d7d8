/**
 * Environments of Heap that were connected by OAuth: what Heap said of them, and the token for asking again.
 * @module
 */
import type { Sql } from '../sql.ts'

export interface Connection {
  /** Names the customer; opaque. Segment syncs come with it. */
  idToken: string
  /** A secret. */
  accessToken: string
  /** As Heap gives it, JSON: `env_id`, `authorized_by`, … */
  metadata: string
  /** When it was connected, in ms since 1970. */
  at: number
}

interface Row {
  id_token: string
  metadata: string
  at: number
}

export class Connections {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Connected again, it is the newer token that counts. */
  add({ idToken, accessToken, metadata, at }: Connection): void {
    const query = 'INSERT OR REPLACE INTO connections (id_token, access_token, metadata, at) VALUES (?, ?, ?, ?)'
    this.#sql.exec(query, idToken, accessToken, metadata, at)
  }

  /** Newest first, without their tokens. */
  list(): Omit<Connection, 'accessToken'>[] {
    return this.#sql
      .exec<Row>('SELECT id_token, metadata, at FROM connections ORDER BY at DESC')
      .map(({ id_token, metadata, at }) => ({
        idToken: id_token,
        metadata,
        at,
      }))
  }

  /** @returns whether there was one */
  remove(idToken: string): boolean {
    return this.#sql.exec('DELETE FROM connections WHERE id_token = ? RETURNING at', idToken).length > 0
  }
}
