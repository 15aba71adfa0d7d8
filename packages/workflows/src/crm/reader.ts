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

/** Makes a reader of a function that reads a page. */
export function readerOf(
  action: string,
  { maxPages = 1000 }: ReaderOptions,
  readPage: (cursor?: string) => Promise<Page>,
): Reader {
  async function* pages(cursor?: string): AsyncGenerator<FlatRecord[], void> {
    const seen = new Set<string | undefined>()
    let at = cursor
    do {
      // Whoever answers with a page that was there already would do so for ever.
      if (seen.has(at) || seen.size >= maxPages) {
        const why = seen.has(at) ? 'a page points back' : `there are more than ${maxPages} pages`
        throw new ActionError(action, why, { retryable: false })
      }
      seen.add(at)
      const { records, next } = await readPage(at)
      if (records.length > 0) yield records
      at = next
    } while (at !== undefined)
  }
  return { readPage, pages, [Symbol.asyncIterator]: () => pages() }
}

/** Bytes of a page: a Worker has 128 MB for all that it does. */
export const MOST_PAGE_BYTES = 20_000_000
