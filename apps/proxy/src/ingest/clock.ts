/**
 * Senders whose clock is wrong: what they say their time is, and their timestamps put right by it.
 * @module
 */
import type { IngestRecord } from '@heap-edge/contract'
import * as z from 'zod'

/** What a request takes on its way, and what clocks that are kept right may differ by, in ms. */
const TOLERANCE_MS = 60_000

/** The years that ISO 8601 writes with four digits. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** The `sent_at` of a body; it becomes ms since 1970. Without a zone nobody could tell how wrong the clock is. */
export const sentAt = z
  .union([z.iso.datetime({ offset: true }).transform((value) => Date.parse(value)), z.number()], {
    error: 'must be an ISO 8601 time with its zone, such as 2017-03-10T22:21:56Z, or a Unix time in ms',
  })
  .refine((value) => !Number.isNaN(new Date(value).valueOf()), { error: 'must be a time that can be' })
  .meta({
    type: 'string',
    description:
      "When the request is sent, by the sender's own clock: ISO 8601 with its zone, or Unix time in ms as a number. Where that clock is more than a minute wrong, the timestamps of the records are put right by as much. Heap does not get it.",
  })

/**
 * Shifts the timestamps that came with the records by what the sender's clock is wrong, where that is more than a minute: a
 * browser whose clock is a year behind would put its events into last year.
 *
 * @param sentAt when the request was sent, by the sender's clock
 * @param now when it came, by ours; both in ms since 1970
 */
export function correctClock(records: readonly IngestRecord[], sentAt: number, now: number): void {
  const behind = now - sentAt
  if (Math.abs(behind) <= TOLERANCE_MS) return
  for (const record of records) {
    if (!('timestamp' in record) || record.timestamp === undefined) continue
    const shifted = Date.parse(record.timestamp) + behind
    record.timestamp = new Date(Math.min(Math.max(shifted, FIRST_MS), LAST_MS)).toISOString()
  }
}
