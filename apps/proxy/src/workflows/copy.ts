/**
 * From a source with pages to Heap, as workflows do it.
 * @module
 */
import type { FlatRecord, heap, Reader } from '@heap-edge/workflows'
import { logLine } from '../log.ts'
import type { Run } from './define.ts'

/** Reads page after page and sends the records of each, in a step of its own: what was sent is not sent again. */
export async function copyPages<Record>(
  reader: Reader,
  { step }: Pick<Run<unknown>, 'step'>,
  toRecord: (row: FlatRecord) => Record,
  send: (records: Record[]) => Promise<heap.Sent>,
): Promise<void> {
  let cursor: string | null = null
  for (let page = 1; page === 1 || cursor !== null; page++) {
    const at: string | null = cursor
    cursor = await step.do(`page ${page}`, async () => {
      const { records, next } = await reader.readPage(at ?? undefined)
      const { problems } = await send(records.map(toRecord))
      if (problems.length > 0) logLine('warn', 'records of a page refused', { page, problems })
      return next ?? null
    })
  }
}
