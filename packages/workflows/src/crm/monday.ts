/**
 * Items of a monday.com board. developer.monday.com/api-reference/docs/querying-board-items, errors, rate-limits
 * @module
 */
import { ActionError } from '../errors.ts'
import { failure, jsonOf } from '../failure.ts'
import { type CallOptions, checksOf } from '../options.ts'
import { type Answer, ask } from '../request.ts'
import { type Item, recordOf } from './monday-item.ts'
import { MOST_PAGE_BYTES, type Page, type Reader, readerOf, type ReaderOptions } from './reader.ts'

/** Of {@link monday}. */
export interface MondayOptions extends CallOptions, ReaderOptions {
  /** From Developers > My access tokens; sent as it is, without `Bearer`. */
  apiToken: string
  /** The digits in the board's address. */
  boardId: string | number
  /** Items of a page, 1 to 500. Default 100: what a query costs grows with its items and columns. */
  pageSize?: number | undefined
  /** Quarterly, `2026-10`. Default that one. */
  apiVersion?: string | undefined
  /** Default `https://api.monday.com`. */
  baseUrl?: string | undefined
}

const action = 'crm.monday'
const checks = checksOf(action)

// The text of a mirror, connected or dependency column is always null; what it shows is in display_value.
const ITEMS = `cursor items { id name updated_at column_values { id text column { title }
  ... on MirrorValue { display_value } ... on BoardRelationValue { display_value } ... on DependencyValue { display_value } } }`
const FIRST = `query ($board: [ID!], $limit: Int!) { boards (ids: $board) { items_page (limit: $limit) { ${ITEMS} } } }`
const NEXT = `query ($cursor: String!, $limit: Int!) { next_items_page (cursor: $cursor, limit: $limit) { ${ITEMS} } }`

/** What time puts right. Errors of this kind come with 429, or with 200 and a code. */
const PASSING = new Set([
  'COMPLEXITY_BUDGET_EXHAUSTED',
  'ComplexityException',
  'DAILY_LIMIT_EXCEEDED',
  'FIELD_LIMIT_EXCEEDED',
  'FIELD_MINUTE_RATE_LIMIT_EXCEEDED',
  'INTERNAL_SERVER_ERROR',
  'IP_RATE_LIMIT_EXCEEDED',
  'RATE_LIMIT_EXCEEDED',
  'maxConcurrencyExceeded',
])

/**
 * Reads the items of a board, flat: `id`, `name`, `updated_at`, and each column by its title with the text that it shows. A cursor
 * holds for 60 minutes from the first page on; after that it is an error that may not be retried: begin anew.
 *
 * Its errors may be retried where a limit is reached, with `retryAfterMs`, for 5xx, and where no answer came. What comes only in
 * part, with errors, is an error.
 *
 * @throws OptionError at once
 * @example
 * ```ts
 * const items = crm.monday({ apiToken: env.MONDAY_API_TOKEN, boardId: 1234567890 })
 * for await (const records of items) console.log(records) // [{ id: '1', name: 'Urbanshee', Status: 'Customer' }, …]
 * ```
 */
export function monday(options: MondayOptions): Reader {
  const { apiToken, boardId, pageSize = 100, apiVersion = '2026-10', baseUrl = 'https://api.monday.com' } = options
  const base = checks.baseUrl('baseUrl', baseUrl)
  checks.secret('apiToken', apiToken)
  checks.that(/^\d{1,20}$/.test(String(boardId)), 'boardId', 'must be digits')
  checks.integer('pageSize', pageSize, 1, 500)
  checks.that(/^\d{4}-(?:01|04|07|10)$/.test(apiVersion), 'apiVersion', 'must be a version such as 2026-10')
  checks.call(options)

  return readerOf(action, options, async (cursor): Promise<Page> => {
    if (cursor !== undefined) checks.text('cursor', cursor, 10_000)
    const variables = cursor === undefined ? { board: [String(boardId)] } : { cursor }
    const asked = {
      action,
      of: 'monday.com',
      url: `${base}/v2`,
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'API-Version': apiVersion, Authorization: apiToken },
      body: JSON.stringify({
        query: cursor === undefined ? FIRST : NEXT,
        variables: { ...variables, limit: pageSize },
      }),
      secrets: [apiToken],
      mostBytes: MOST_PAGE_BYTES,
    } as const
    const answer = await ask(asked, options)
    const problem = problemOf(answer)
    if (problem || !answer.ok) throw failure(asked, answer, options, problem)
    const { data } = jsonOf(asked, answer) as { data?: Data }
    const page = cursor === undefined ? data?.boards?.[0]?.items_page : data?.next_items_page
    if (!Array.isArray(page?.items)) {
      const message = cursor === undefined ? 'the token can see no such board' : 'monday.com answered without items'
      throw new ActionError(action, message, { status: answer.status, retryable: cursor !== undefined })
    }
    return { records: page.items.map(recordOf), ...(page.cursor && { next: page.cursor }) }
  })
}

interface ItemsPage {
  cursor?: string | null
  items?: Item[]
}

interface Data {
  boards?: { items_page?: ItemsPage }[]
  next_items_page?: ItemsPage
}

interface Problems {
  errors?: unknown[]
  error_code?: string
  error_data?: { retry_in_seconds?: number }
}

/** What an answer of any status says went wrong, in the form of today or in the one before 2024-10; nothing where all is well. */
function problemOf({ status, text }: Answer): { retryable?: boolean; retryAfterMs?: number } | undefined {
  let body: Problems
  try {
    body = Object(JSON.parse(text)) as Problems
  } catch {
    return undefined
  }
  const [first] = Array.isArray(body.errors) ? body.errors : []
  if (first === undefined && body.error_code === undefined) return undefined
  const { code, retry_in_seconds } = Object(Object(first).extensions) as { code?: string; retry_in_seconds?: number }
  const seconds = retry_in_seconds ?? body.error_data?.retry_in_seconds
  return {
    ...(status < 400 && { retryable: PASSING.has(String(code ?? body.error_code)) }),
    ...(typeof seconds === 'number' && { retryAfterMs: seconds * 1000 }),
  }
}
