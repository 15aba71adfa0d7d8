/**
 * From a record to its JSON on the wire.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import type { Settings } from './options.ts'
import type { Ending, Notes } from './results.ts'

/** The paths of the four calls. */
export type Path = '/api/track' | '/api/v1/identify' | '/api/add_user_properties' | '/api/add_account_properties'

/**
 * Looks at a record before it is sent, and gives it as it shall stand on the wire. `heap-edge/check` makes one.
 *
 * @throws HeapRequestError where the record shall not be sent
 */
export type Check = (path: Path, record: unknown) => { record: object; warnings?: Problem[] }

/** A record that is ready to be sent, its result still open; or one that cannot be sent. */
export type Item =
  | { json: string; bytes: number; result: Notes & Partial<Ending> }
  | { json?: undefined; result: { outcome: 'rejected'; error: unknown } }

/**
 * Checks a record, mints the time and the key that it does not bring, and makes its JSON, once, so that every attempt sends
 * the same bytes. Never throws.
 */
export function prepare(
  path: Path,
  input: object,
  { check, now, uuid }: Pick<Settings, 'check' | 'now' | 'uuid'>,
): Item {
  try {
    const { record, ...notes } = check?.(path, input) ?? { record: input }
    const wire: { timestamp?: unknown; idempotency_key?: string } = { ...record }
    if (path === '/api/track' || path === '/api/v1/identify') wire.timestamp ??= new Date(now()).toISOString()
    const result: Notes = notes
    if (path === '/api/track') result.idempotency_key = wire.idempotency_key ??= uuid()
    const json = JSON.stringify(wire)
    return { json, bytes: new TextEncoder().encode(json).length, result }
  } catch (error) {
    return { result: { outcome: 'rejected', error } }
  }
}
