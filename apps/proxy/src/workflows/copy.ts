/**
 * From a source with pages to Heap, as workflows do it.
 * @module
 */
import { type FlatRecord, type heap, OptionError, type Reader } from '@heap-edge/workflows'
import { logLine } from '../log.ts'
import type { Run } from './define.ts'

/**
 * Reads page after page and sends the records of each, in a step of its own: what was sent is not sent again.
 *
 * @param idField the field by which Heap is to know a record. Records without it are left out, and the log says how many; where a
 *   page has none at all, the name must be wrong, and the step fails for good.
 * @param toRecord makes a record for Heap of the id and of all other fields
 */
export async function copyPages<Record>(
  reader: Reader,
  { step }: Pick<Run<unknown>, 'step'>,
  idField: string,
  toRecord: (id: string, properties: FlatRecord) => Record,
  send: (records: Record[]) => Promise<heap.Sent>,
): Promise<void> {
  let cursor: string | null = null
  for (let page = 1; page === 1 || cursor !== null; page++) {
    const at: string | null = cursor
    cursor = await step.do(`page ${page}`, async () => {
      const { records, next } = await reader.readPage(at ?? undefined)
      const known = records.flatMap(({ [idField]: id, ...properties }) =>
        id === undefined ? [] : [toRecord(String(id), properties)],
      )
      const without = records.length - known.length
      if (without > 0 && known.length === 0) {
        throw new OptionError(`page ${page}`, idField, 'is in none of its records; another field must be their id')
      }
      if (without > 0)
        logLine('warn', 'records of a page left out, without an id', { page, field: idField, records: without })
      const { problems } = await send(known)
      if (problems.length > 0) logLine('warn', 'records of a page refused', { page, problems })
      return next ?? null
    })
  }
}
