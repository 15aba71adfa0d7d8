/**
 * What becomes of a valid ingestion request: dropped, refused by a limit, or stored.
 * @module
 */
import {
  type AccountProperties,
  type AddAccountPropertiesRequest,
  type AddUserPropertiesRequest,
  type Identification,
  type IdentifyRequest,
  PATHS,
  recordsOf,
  type TrackEvent,
  type TrackRequest,
  type UserProperties,
} from '@heap-edge/contract'
import { ENVIRONMENTS } from './environments.ts'
import type { Memory } from './memory.ts'
import { json, type Reply, text } from './reply.ts'
import { setAccountProperties } from './store/accounts.ts'
import { addEvents } from './store/events.ts'
import { joinUser, setUserProperties } from './store/users.ts'
import type { Arrival } from './traffic/arrival.ts'

export type IngestPath = (typeof PATHS)['track' | 'addUserProperties' | 'addAccountProperties' | 'identify']

export type IngestRequest = TrackRequest | AddUserPropertiesRequest | AddAccountPropertiesRequest | IdentifyRequest

/** Heap's answer. Nothing of a request that is dropped or refused is stored. */
export function accept(
  sql: SqlStorage,
  memory: Memory,
  now: number,
  path: IngestPath,
  request: IngestRequest,
  arrival: Arrival,
): Reply {
  if (!ENVIRONMENTS.has(arrival.appId)) return accepted(path, 'dropped: the sandbox has no environment of this app_id')
  const excess = memory.limits.take(now, arrival)
  if (excess !== undefined) return json(429, {}, excess)
  return { ...accepted(path, store(sql, memory, now, path, request)), passed: true }
}

/** Stores a request, and tells what of it was left out. */
function store(
  sql: SqlStorage,
  { counters }: Memory,
  now: number,
  path: IngestPath,
  request: IngestRequest,
): string | undefined {
  const place = { appId: request.app_id, now }
  const records = recordsOf(request)
  switch (path) {
    case PATHS.track: {
      const stored = addEvents(sql, place, records as TrackEvent[])
      const duplicates = records.length - stored
      counters.events += stored
      counters.duplicates += duplicates
      return duplicates ? `${duplicates} of ${records.length} not stored: the idempotency_key is known` : undefined
    }
    case PATHS.addUserProperties:
      setUserProperties(sql, place, records as UserProperties[])
      return
    case PATHS.addAccountProperties:
      setAccountProperties(sql, place, records as AccountProperties[])
      return
    case PATHS.identify: {
      const dropped = joinUser(sql, place, records[0] as Identification)
      return dropped && `dropped: ${dropped}`
    }
  }
}

/** Success, in the form that Heap documents for each route. */
function accepted(path: IngestPath, note?: string): Reply {
  return path === PATHS.addAccountProperties ? text(200, 'OK', note) : json(200, {}, note)
}
