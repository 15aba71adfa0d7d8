/**
 * What is needed of a database to work with tables.
 * @module
 */

/** A database: SQLite in a Durable Object, or Node's in the model test. */
export interface Sql {
  exec<Row = Record<string, unknown>>(query: string, ...values: (string | number | null)[]): Row[]
}

/** That of a Durable Object. */
export function sqlOf({ sql }: DurableObjectStorage): Sql {
  return {
    exec: <Row>(query: string, ...values: SqlStorageValue[]) => sql.exec(query, ...values).toArray() as Row[],
  }
}
