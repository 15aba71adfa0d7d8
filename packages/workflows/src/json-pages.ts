/**
 * Records of any service that answers with JSON, page by page.
 * @module
 */
import { MOST_PAGE_BYTES, type Page, type Reader, readerOf, type ReaderOptions } from './crm/reader.ts'
import { failure, jsonOf } from './failure.ts'
import { flatten } from './flat.ts'
import { type CallOptions, checksOf } from './options.ts'
import { ask } from './request.ts'

/** Of {@link jsonPages}. */
export interface JsonPagesOptions extends CallOptions, ReaderOptions {
  /** The first page. */
  url: string
  /** Sent as `Authorization: Bearer`. */
  token?: string | undefined
}

const action = 'jsonPages'
const checks = checksOf(action)

/**
 * Reads `{ "records": [...], "next": "/users?page=2" }`: objects, which become flat, and the address of the next page, absolute or
 * not, on the same origin; null or nothing on the last one.
 *
 * Its errors may be retried for 408, 429, with `retryAfterMs`, 5xx, and where no answer came.
 *
 * @throws OptionError at once
 * @example
 * ```ts
 * for await (const records of jsonPages({ url: 'https://crm.example.com/users' })) console.log(records.length)
 * ```
 */
export function jsonPages(options: JsonPagesOptions): Reader {
  const { url, token } = options
  checks.url('url', url)
  if (token !== undefined) checks.secret('token', token)
  checks.call(options)
  const { origin } = new URL(url)

  return readerOf(action, options, async (cursor = url): Promise<Page> => {
    checks.that(URL.canParse(cursor) && new URL(cursor).origin === origin, 'cursor', 'must be one of this reader')
    const asked = {
      action,
      of: 'The source',
      url: cursor,
      headers: { Accept: 'application/json', ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
      secrets: token === undefined ? [] : [token],
      mostBytes: MOST_PAGE_BYTES,
    }
    const answer = await ask(asked, options)
    if (!answer.ok) throw failure(asked, answer, options)
    const { records, next } = jsonOf(asked, answer)
    if (!Array.isArray(records))
      throw failure(asked, answer, options, { reason: 'no list of records', retryable: false })
    const page = { records: records.map((record) => flatten(record)) }
    if (next === undefined || next === null || next === '') return page
    if (typeof next !== 'string')
      throw failure(asked, answer, options, { reason: 'the next page is no address', retryable: false })
    // It must not say where the token goes.
    if (!URL.canParse(next, cursor) || new URL(next, cursor).origin !== origin) {
      throw failure(asked, answer, options, { reason: 'the next page is on another origin', retryable: false })
    }
    return { ...page, next: new URL(next, cursor).href }
  })
}
