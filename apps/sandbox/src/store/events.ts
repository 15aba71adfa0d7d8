/**
 * Writes events.
 * @module
 */
import { type Subject, subjectKey, type TrackEvent } from '@heap-edge/contract'
import { storedText } from './properties.ts'
import { iso, type Place } from './schema.ts'
import { touchUser } from './users.ts'

/** Stores events; those whose idempotency_key is known are left out. Answers how many are stored. */
export function addEvents(sql: SqlStorage, { appId, now }: Place, events: readonly TrackEvent[]): number {
  const stored = new Map<string, { subject: Subject; count: number }>()
  let count = 0
  for (const event of events) {
    const { rowsWritten } = sql.exec(
      `INSERT OR IGNORE INTO events
       (app_id, identity, user_id, event, properties, timestamp, session_id, idempotency_key, received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      appId,
      event.identity ?? null,
      event.user_id ?? null,
      event.event,
      storedText(event.properties),
      event.timestamp ?? iso(now),
      event.session_id ?? null,
      event.idempotency_key ?? null,
      now,
    )
    if (rowsWritten === 0) continue
    count++
    const key = subjectKey(event) as string
    const known = stored.get(key)
    if (known) known.count++
    else stored.set(key, { subject: event, count: 1 })
  }
  for (const { subject, count } of stored.values()) touchUser(sql, { appId, now }, subject, count)
  return count
}
