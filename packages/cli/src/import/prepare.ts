/**
 * From a row to the JSON of its record on the wire, looked at by the rules of `heap-edge/check`.
 * @module
 */
import { PATHS } from '@heap-edge/contract/hosts'
import type { HeapRequestError, Problem } from 'heap-edge'
import { createCheck } from 'heap-edge/check'
import type { Kind, Mapper } from '../rows/mapping.ts'
import { TOO_MANY_DIGITS } from '../rows/number.ts'
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

/** The JSON of a record, whom it is about and what may surprise in it, or what is wrong with the row. */
export type Prepared =
  | { json: string; owner: string; warnings?: readonly Problem[] | undefined; problems?: undefined }
  | { problems: Problem[] }

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
    let checked
    try {
      checked = check(path, mapped.record)
    } catch (error) {
      return { problems: (error as HeapRequestError).problems.map((problem) => ofFile(problem, mapped.record)) }
    }
    const record = checked.record as Record<string, unknown>
    if (kind === 'events') {
      record.timestamp ??= startedAt
      record.idempotency_key ??= `${id}-${number}`
    }
    return { json: JSON.stringify(record), owner: nameOf(record), warnings: checked.warnings }
  }
}

/** A file has no Date, and numbers in it have any number of digits. */
function ofFile(problem: Problem, record: unknown): Problem {
  if (typeof valueAt(record, problem.pointer) === 'bigint') return { ...problem, detail: TOO_MANY_DIGITS }
  const [, field = ''] = /^\/(identity|account_id|event)$/.exec(problem.pointer) ?? []
  if (field && valueAt(record, problem.pointer) === undefined) {
    return {
      ...problem,
      detail: `is missing; where another column is that, --${field.replace('_', '-')}-column names it`,
    }
  }
  if (!problem.detail.startsWith('must be a Date or')) return problem
  return { ...problem, detail: 'must be an ISO 8601 time, such as 2026-11-01T10:00:00Z' }
}

/** What a JSON pointer leads to. */
function valueAt(record: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1)
  return steps.reduce(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')],
    record,
  )
}

/** Whom a record is about. */
export function nameOf({ identity, account_id, user_id }: Record<string, unknown>): string {
  return (identity ?? account_id ?? `user_id:${String(user_id)}`) as string
}
