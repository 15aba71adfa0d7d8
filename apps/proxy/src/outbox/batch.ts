/**
 * Which of the records that wait go to Heap in one request, and that request. Pure.
 * @module
 */
import { BODY_BYTES, PATHS } from '@heap-edge/contract'
import type { WaitingRow } from './sql.ts'

/** The list of each route's bulk form; what is not here goes one by one. */
const LISTS: Record<string, string> = {
  [PATHS.track]: 'events',
  [PATHS.addUserProperties]: 'users',
  [PATHS.addAccountProperties]: 'accounts',
}

/** Room for what stands around the records in a body, in bytes. */
const ENVELOPE_BYTES = 100

/**
 * Rows that fit into one request, in their order: of the path of the first one, at most 1 MB, and of each owner no more events
 * than its limit allows. Once a row of an owner is left out, so are all later ones of this path.
 *
 * @param rows oldest first, as many as a request may have
 * @param eventsLeft how many events of an owner may be sent now
 */
export function chooseRows(rows: readonly WaitingRow[], eventsLeft: (owner: number) => number): WaitingRow[] {
  const path = rows[0]?.path ?? ''
  if (!(path in LISTS)) return rows.slice(0, 1)
  const chosen: WaitingRow[] = []
  const left = new Map<number, number>()
  let room = BODY_BYTES - ENVELOPE_BYTES
  for (const row of rows) {
    if (row.path !== path) continue
    if (path === PATHS.track) {
      const events = left.get(row.owner) ?? eventsLeft(row.owner)
      left.set(row.owner, events - 1)
      if (events < 1) continue
    }
    room -= row.size + 1
    // One alone always goes, or it would wait for ever.
    if (room < 0 && chosen.length > 0) break
    chosen.push(row)
  }
  return chosen
}

/** What these rows count for: by owner one request and its events. Accounts have no limit. */
export function countRows(rows: readonly WaitingRow[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { owner, path } of rows) {
    if (path === PATHS.addAccountProperties) continue
    counts.set(owner, (counts.get(owner) ?? 0) + (path === PATHS.track ? 1 : 0))
  }
  return counts
}

/**
 * The body of a request.
 *
 * @param records as JSON, with commas between them
 */
export function bodyOf(app_id: string, path: string, records: string): string {
  const list = LISTS[path]
  return list ? `{"app_id":"${app_id}","${list}":[${records}]}` : `{"app_id":"${app_id}",${records.slice(1)}`
}
