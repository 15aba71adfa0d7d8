/**
 * From a row to the JSON of its record on the wire, looked at by the rules of `heap-edge/check`.
 * @module
 */
import { PATHS } from '@heap-edge/contract/hosts'
import type { HeapRequestError, Problem } from 'heap-edge'
import { createCheck } from 'heap-edge/check'
import type { Kind, Mapper } from '../rows/mapping.ts'
import type { Row } from '../rows/row.ts'

/** Where each kind goes, and the name of its list in a body. */
export const ROUTES = {
  users: { path: PATHS.addUserProperties, list: 'users' },
  accounts: { path: PATHS.addAccountProperties, list: 'accounts' },
  events: { path: PATHS.track, list: 'events' },
} as const satisfies Record<Kind, { path: string; list: string }>

/** What of an import is the same each time that it goes on. */
export interface Origin {
  /** Of the journal. */
  id: string
  /** When the import began, ISO 8601: the time of events that have none. */
  startedAt: string
}

/** The JSON of a record and whom it is about, or what is wrong with the row. */
export type Prepared = { json: string; owner: string; problems?: undefined } | { problems: Problem[] }

/**
 * @param number of the row in the file, from 1
 */
export type Prepare = (row: Row, number: number) => Prepared

/** Makes the same JSON of the same row whenever it is asked, keys and times included. */
export function createPrepare(kind: Kind, mapper: Mapper, { id, startedAt }: Origin): Prepare {
  const check = createCheck()
  const { path } = ROUTES[kind]
  return (row, number) => {
    if (row.ready !== undefined) return { json: row.ready, owner: row.owner }
    const mapped = mapper.mapRow(row)
    if (mapped.problem) return { problems: [mapped.problem] }
    let record: Record<string, unknown>
    try {
      record = check(path, mapped.record).record as Record<string, unknown>
    } catch (error) {
      return { problems: (error as HeapRequestError).problems.map(ofFile) }
    }
    if (kind === 'events') {
      record.timestamp ??= startedAt
      record.idempotency_key ??= `${id}-${number}`
    }
    return { json: JSON.stringify(record), owner: nameOf(record) }
  }
}

/** A file has no Date. */
function ofFile(problem: Problem): Problem {
  if (!problem.detail.startsWith('must be a Date or')) return problem
  return { ...problem, detail: 'must be an ISO 8601 time, such as 2026-11-01T10:00:00Z' }
}

/** Whom a record is about. */
export function nameOf({ identity, account_id, user_id }: Record<string, unknown>): string {
  return (identity ?? account_id ?? `user_id:${String(user_id)}`) as string
}
