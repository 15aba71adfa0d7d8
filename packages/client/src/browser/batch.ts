/**
 * Which records go together in a request, and what its refusal says of each. Pure.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import type { Row } from './store.ts'

/** What one request holds, in characters: what a browser sends for a page that goes, 64 KiB (Fetch, section 4.6). */
const LENGTH = 60_000

/**
 * The oldest record and, in order, the others of the same path and owner, as far as they fit. A record that is too long by itself
 * goes alone.
 *
 * @param rows oldest first
 * @param most records
 */
export function nextBatch(rows: Row[], most: number): Row[] {
  const batch: Row[] = []
  let sum = 0
  for (const row of rows) {
    const first = batch[0] ?? row
    if (row.path !== first.path || row.who !== first.who) continue
    sum += row.json.length + 1
    if (batch[0] && (!row.list || batch.length >= most || sum > LENGTH)) break
    batch.push(row)
  }
  return batch
}

/**
 * The body of a request.
 *
 * @param head the fields before the records, as JSON with a comma at the end
 */
export function bodyOf(batch: Row[], head: string): string {
  const json = batch.map((row) => row.json).join()
  const list = batch[0]?.list
  return `{${head}${list ? `"${list}":[${json}]}` : json.slice(1)}`
}

/** The problems of one record, with pointers from the record. */
export function problemsOf({ list }: Row, place: number, problems: Problem[]): Problem[] {
  const at = list ? `/${list}/${place}` : ''
  return (
    problems
      // There may be anything among them.
      .filter((problem) => `${(problem as Problem | null)?.pointer}/`.startsWith(`${at}/`))
      .map(({ pointer, detail }) => ({ pointer: pointer.slice(at.length), detail }))
  )
}
