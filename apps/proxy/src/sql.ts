/**
 * What is needed of a database to work with tables.
 * @module
 */

/** A database: SQLite in a Durable Object, or Node's in the model test. */
export interface Sql {
  exec<Row = Record<string, unknown>>(query: string, ...values: (string | number | null)[]): Row[]
}

/** How many are counted of one state. */
const MOST_COUNTED = 10_000

/** How many rows of a table are in each of these states; no more than 10,000 of one, so that it costs little. */
export function countStates(sql: Sql, table: string, states: readonly string[]): Record<string, number> {
  const query = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${table} WHERE state = ? LIMIT ?)`
  const counts = states.map((state) => [state, sql.exec<{ rows: number }>(query, state, MOST_COUNTED)[0]?.rows ?? 0])
  return Object.fromEntries(counts) as Record<string, number>
}

/** That of a Durable Object. */
export function sqlOf({ sql }: DurableObjectStorage): Sql {
  return {
    exec: <Row>(query: string, ...values: SqlStorageValue[]) => sql.exec(query, ...values).toArray() as Row[],
  }
}
