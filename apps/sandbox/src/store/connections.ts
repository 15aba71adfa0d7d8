/**
 * Partners that are connected by OAuth, and the codes that lead there.
 * @module
 */

/** How long a code can be exchanged. Heap tells nothing; RFC 6749 section 4.1.2 asks for ten minutes at most. */
const CODE_LIFETIME_MS = 600_000

/** One partner and this sandbox's account. */
export interface Connection {
  /** Names the customer to the partner: a UUID that says nothing else. */
  id_token: string
  access_token: string
  authorized_at: number
}

/** What a code was issued for; it must be the same when it is exchanged. */
export interface Grant {
  client_id: string
  redirect_uri: string
}

/** A new code. */
export function issueCode(sql: SqlStorage, { client_id, redirect_uri }: Grant, now: number): string {
  sql.exec('DELETE FROM codes WHERE expires_at <= ?', now)
  const code = crypto.randomUUID()
  sql.exec('INSERT INTO codes VALUES (?, ?, ?, ?)', code, client_id, redirect_uri, now + CODE_LIFETIME_MS)
  return code
}

/** Uses a code up, and answers whether it was there and had not expired. In other hands it stays. */
export function useCode(sql: SqlStorage, code: string, { client_id, redirect_uri }: Grant, now: number): boolean {
  const used = sql.exec(
    'DELETE FROM codes WHERE code = ? AND client_id = ? AND redirect_uri = ? AND expires_at > ? RETURNING code',
    code,
    client_id,
    redirect_uri,
    now,
  )
  return used.toArray().length > 0
}

/** Connects a partner. Once more, and it has a new access token for the same customer. */
export function connect(sql: SqlStorage, clientId: string, now: number): Connection {
  return sql
    .exec<Connection & Record<string, SqlStorageValue>>(
      `INSERT INTO connections VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET access_token = excluded.access_token, authorized_at = excluded.authorized_at
       RETURNING id_token, access_token, authorized_at`,
      clientId,
      crypto.randomUUID(),
      crypto.randomUUID(),
      now,
    )
    .one()
}

/** The connection of a partner. */
export function connectionOf(sql: SqlStorage, clientId: string): Connection | undefined {
  return find(sql, 'client_id', clientId)
}

/** The connection that an access token is of. */
export function connectionBy(sql: SqlStorage, accessToken: string): Connection | undefined {
  return find(sql, 'access_token', accessToken)
}

function find(sql: SqlStorage, column: 'client_id' | 'access_token', value: string): Connection | undefined {
  const [row] = sql.exec<Connection & Record<string, SqlStorageValue>>(
    `SELECT id_token, access_token, authorized_at FROM connections WHERE ${column} = ?`,
    value,
  )
  return row
}
