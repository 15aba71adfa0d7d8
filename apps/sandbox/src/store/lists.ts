/**
 * Reads what is held, newest first.
 * @module
 */
import type {
  SandboxAccount,
  SandboxDeletion,
  SandboxEvent,
  SandboxRequest,
  SandboxUser,
  StoredProperties,
} from '../types.ts'
import { nameOf } from '../traffic/arrival.ts'
import { iso } from './schema.ts'

/** What can be listed, each under its own name. */
export const LISTS = { events, users, accounts, deletions, requests } as const

export type ListName = keyof typeof LISTS

/** What to list: how many at most, and of which identity (or user_id, or account_id) only. */
export interface ListQuery {
  limit: number
  identity?: string | undefined
}

/** Characters of properties in one list, so that hostile ones do not fill the memory. */
const MOST_CHARACTERS = 100_000_000
const SHOWN_IDENTITIES = 5
const SHOWN_DELETED = 100

type Row = Record<string, SqlStorageValue>

function* rowsOf<T extends Row>(sql: SqlStorage, query: string, ...values: SqlStorageValue[]): Generator<T> {
  let characters = 0
  for (const row of sql.exec<T>(query, ...values)) {
    if (typeof row.properties === 'string') characters += row.properties.length
    if (characters > MOST_CHARACTERS) return
    yield row
  }
}

const propertiesOf = (text: string) => JSON.parse(text) as StoredProperties

/** A row without what it has not. */
function present<T extends Row>(row: T): { [K in keyof T]: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as {
    [K in keyof T]: Exclude<T[K], null>
  }
}

function events(sql: SqlStorage, { limit, identity = null }: NullableQuery): SandboxEvent[] {
  const rows = rowsOf<{ id: number; app_id: string; event: string; properties: string; received_at: number } & Row>(
    sql,
    `SELECT e.id, e.app_id, e.event, coalesce(e.identity, u.identity) AS identity, e.user_id, e.properties, e.timestamp,
       e.session_id, e.idempotency_key, e.received_at
     FROM events e LEFT JOIN users u ON u.app_id = e.app_id AND u.subject = 'user_id:' || e.user_id
     WHERE ?1 IS NULL OR ?1 IN (e.identity, u.identity, e.user_id)
     ORDER BY e.id DESC LIMIT ?2`,
    identity,
    limit,
  )
  return Array.from(rows, ({ properties, received_at, ...row }) => ({
    ...(present(row) as unknown as Omit<SandboxEvent, 'properties' | 'received_at'>),
    properties: propertiesOf(properties),
    received_at: iso(received_at),
  }))
}

function users(sql: SqlStorage, { limit, identity = null }: NullableQuery): SandboxUser[] {
  const rows = rowsOf<UserRow>(
    sql,
    `SELECT u.*, (SELECT json_group_array(j.user_id) FROM users j
       WHERE j.app_id = u.app_id AND j.identity = u.identity AND j.user_id IS NOT NULL) AS joined
     FROM (SELECT * FROM users
       WHERE (user_id IS NULL OR identity IS NULL) AND (?1 IS NULL OR ?1 IN (identity, user_id))
       ORDER BY last_seen DESC LIMIT ?2) u`,
    identity,
    limit,
  )
  return Array.from(rows, (row) => ({
    app_id: row.app_id,
    ...(row.identity !== null && { identity: row.identity }),
    user_ids: row.user_id === null ? (JSON.parse(row.joined) as string[]) : [row.user_id],
    properties: propertiesOf(row.properties),
    events: row.events,
    first_seen: iso(row.first_seen),
    last_seen: iso(row.last_seen),
  }))
}

function accounts(sql: SqlStorage, { limit, identity = null }: NullableQuery): SandboxAccount[] {
  const rows = rowsOf<SeenRow & { account_id: string }>(
    sql,
    'SELECT * FROM accounts WHERE ?1 IS NULL OR account_id = ?1 ORDER BY last_seen DESC LIMIT ?2',
    identity,
    limit,
  )
  return Array.from(rows, ({ app_id, account_id, properties, first_seen, last_seen }) => ({
    app_id,
    account_id,
    properties: propertiesOf(properties),
    first_seen: iso(first_seen),
    last_seen: iso(last_seen),
  }))
}

function deletions(sql: SqlStorage, { limit, identity = null }: NullableQuery): SandboxDeletion[] {
  const rows = rowsOf<DeletionRow>(
    sql,
    `SELECT d.*, (SELECT count(*) FROM deletion_users u WHERE u.deletion_id = d.id) AS count,
       (SELECT json_group_array(subject)
        FROM (SELECT subject FROM deletion_users u WHERE u.deletion_id = d.id LIMIT ${SHOWN_DELETED})) AS subjects
     FROM deletions d
     WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM deletion_users u
       WHERE u.deletion_id = d.id AND u.subject IN ('identity:' || ?1, 'user_id:' || ?1))
     ORDER BY d.rowid DESC LIMIT ?2`,
    identity,
    limit,
  )
  return Array.from(rows, (row) => ({
    deletion_request_id: row.id,
    status: row.completed_at === null ? ('pending' as const) : ('complete' as const),
    count: row.count,
    users: (JSON.parse(row.subjects) as string[]).map((subject) =>
      subject.startsWith('identity:') ? { identity: nameOf(subject) } : { user_id: nameOf(subject) },
    ),
    requested_at: iso(row.requested_at),
    due_at: iso(row.due_at),
    ...(row.completed_at !== null && { completed_at: iso(row.completed_at) }),
  }))
}

function requests(sql: SqlStorage, { limit, identity = null }: NullableQuery, onlyNoted = false): SandboxRequest[] {
  const rows = rowsOf<RequestRow>(
    sql,
    `SELECT id, received_at, method, path, app_id, status, records, note,
       (SELECT json_group_array(value ->> 0)
        FROM (SELECT value FROM json_each(coalesce(subjects, '[]')) LIMIT ${SHOWN_IDENTITIES})) AS subjects
     FROM requests r
     WHERE ${onlyNoted ? 'note IS NOT NULL AND' : ''} (?1 IS NULL OR EXISTS (SELECT 1 FROM json_each(coalesce(r.subjects, '[]'))
       WHERE value ->> 0 IN ('identity:' || ?1, 'user_id:' || ?1)))
     ORDER BY id DESC LIMIT ?2`,
    identity,
    limit,
  )
  return Array.from(rows, ({ id, received_at, method, path, app_id, status, records, note, subjects }) => ({
    id,
    received_at: iso(received_at),
    method,
    path,
    ...(app_id !== null && { app_id }),
    status,
    identities: (JSON.parse(subjects) as string[]).map(nameOf),
    records,
    ...(note !== null && { note }),
  }))
}

/** The newest requests of which nothing, or not all, was stored. */
export function refusedRequests(sql: SqlStorage, limit: number): SandboxRequest[] {
  return requests(sql, { limit }, true)
}

type NullableQuery = Omit<ListQuery, 'identity'> & { identity?: string | null | undefined }

interface SeenRow extends Row {
  app_id: string
  properties: string
  first_seen: number
  last_seen: number
}
interface UserRow extends SeenRow {
  identity: string | null
  user_id: string | null
  events: number
  joined: string
}
interface DeletionRow extends Row {
  id: string
  requested_at: number
  due_at: number
  completed_at: number | null
  count: number
  subjects: string
}
interface RequestRow extends Row {
  id: number
  received_at: number
  method: string
  path: string
  app_id: string | null
  status: number | null
  subjects: string
  records: number
  note: string | null
}
