/**
 * Lists of any length as steps of a workflow. Pure.
 * @module
 */
import type { TrackRecord } from 'heap-edge'

/** What Heap takes in one request; developers.heap.io/reference/bulk-track, bulk-add-user-properties */
const MOST_RECORDS = 1000

/**
 * Cuts a list into the records of each request, in order: a workflow makes one step of each.
 *
 * @param size records of a chunk, 1 to 1000. Default 1000
 * @example
 * ```ts
 * for (const [n, users] of heap.chunks(records).entries()) {
 *   await step.do(`users ${n}`, () => heap.addUserProperties({ endpoint, users }))
 * }
 * ```
 */
export function chunks<T>(records: readonly T[], size = MOST_RECORDS): T[][] {
  const length = Math.min(Math.max(1, Math.trunc(size) || MOST_RECORDS), MOST_RECORDS)
  const parts: T[][] = []
  for (let start = 0; start < records.length; start += length) parts.push(records.slice(start, start + length))
  return parts
}

/**
 * Gives each event what the client would make anew at each call, so that a step which is repeated sends the same events, and Heap
 * takes them once: an `idempotency_key` from the list's key and the event's place, and a `timestamp`. What an event has stays.
 *
 * @param key tells this list from all others, as the id of the workflow's instance
 * @param at when it happened; not the time of the call, which a repeat does not know
 * @example
 * ```ts
 * heap.withKeys([{ event: 'Lead', identity: 'alice@example.com' }], instanceId, new Date(event.timestamp))
 * // [{ event: 'Lead', identity: 'alice@example.com', idempotency_key: 'abc-0', timestamp: '2026-01-01T00:00:00.000Z' }]
 * ```
 */
export function withKeys(events: readonly TrackRecord[], key: string, at: Date): TrackRecord[] {
  const timestamp = at.toISOString()
  return events.map((event, index) => ({
    ...event,
    idempotency_key: event.idempotency_key ?? `${key}-${index}`,
    timestamp: event.timestamp ?? timestamp,
  }))
}
