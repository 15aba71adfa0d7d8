/**
 * Gives records what makes it safe to send them again, and right to send them later.
 * @module
 */
import type { IngestRecord } from '@heap-edge/contract'

/**
 * Adds a `timestamp` to events and identifications that have none, and an `idempotency_key` to events. It has to be done
 * before the first attempt: of an attempt that nobody knows the end of, Heap must know the second one again.
 *
 * @param now milliseconds since 1970
 */
export function stamp(records: readonly IngestRecord[], now: number): void {
  const timestamp = new Date(now).toISOString()
  for (const record of records) {
    if ('event' in record) {
      record.timestamp ??= timestamp
      record.idempotency_key ??= crypto.randomUUID()
    } else if ('user_id' in record) {
      record.timestamp ??= timestamp
    }
  }
}
