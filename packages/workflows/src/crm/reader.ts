/**
 * Reading what has pages: one after the other, from any of them on, and to an end.
 * @module
 */
import { ActionError } from '../errors.ts'
import type { FlatRecord } from '../flat.ts'

/** One page. */
export interface Page {
  records: FlatRecord[]
  /** For the next page; nothing on the last one. A string, so that it may stand in the state of a workflow. */
  next?: string
}

/** Reads pages. Reading changes nothing, so that a step may be repeated. */
export interface Reader extends AsyncIterable<FlatRecord[]> {
  /**
   * Reads one page, the first one without a cursor. For a workflow: a step for each page, which also hands its records on, since a
   * step of Cloudflare Workflows may return 1 MiB at most.
   *
   * @throws ActionError
   */
  readPage(cursor?: string): Promise<Page>
  /**
   * Reads page after page, those without records left out.
   *
   * @throws ActionError, also where there is no end to it
   */
  pages(cursor?: string): AsyncGenerator<FlatRecord[], void>
}

/** How far {@link Reader.pages} goes. */
export interface ReaderOptions {
  /** Pages at most; where there are more, it is an error. Default 1000. */
  maxPages?: number | undefined
}

/**
 * Makes a guard for reading page after page, to be called with the cursor of each page before it is read.
 *
 * @throws ActionError that may not be retried, from the guard: where a page was there already, or where there are too many
 */
export function pageGuard(action: string, maxPages: number): (cursor: string | undefined) => void {
  const seen = new Set<string | undefined>()
  return (cursor) => {
    // Whoever answers with a page that was there already would do so for ever.
    if (seen.has(cursor) || seen.size >= maxPages) {
      const why = seen.has(cursor) ? 'a page points back' : `there are more than ${maxPages} pages`
      throw new ActionError(action, why, { retryable: false })
    }
    seen.add(cursor)
  }
}

/** Makes a reader of a function that reads a page. */
export function readerOf(
  action: string,
  { maxPages = 1000 }: ReaderOptions,
  readPage: (cursor?: string) => Promise<Page>,
): Reader {
  async function* pages(cursor?: string): AsyncGenerator<FlatRecord[], void> {
    const guard = pageGuard(action, maxPages)
    let at = cursor
    do {
      guard(at)
      const { records, next } = await readPage(at)
      if (records.length > 0) yield records
      at = next
    } while (at !== undefined)
  }
  return { readPage, pages, [Symbol.asyncIterator]: () => pages() }
}

/** Bytes of a page: a Worker has 128 MB for all that it does. */
export const MOST_PAGE_BYTES = 20_000_000
