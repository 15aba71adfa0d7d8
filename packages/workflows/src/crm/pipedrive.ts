/**
 * Organizations of Pipedrive, by its API v2. developers.pipedrive.com/docs/api/v1/Organizations#getOrganizations,
 * pipedrive.readme.io/docs/core-api-concepts-pagination
 * @module
 */
import { failure, jsonOf } from '../failure.ts'
import { flatten } from '../flat.ts'
import { type CallOptions, checksOf } from '../options.ts'
import { ask } from '../request.ts'
import { MOST_PAGE_BYTES, type Page, type Reader, readerOf, type ReaderOptions } from './reader.ts'

/** Of {@link pipedrive}. */
export interface PipedriveOptions extends CallOptions, ReaderOptions {
  /** Of a user, from Personal preferences > API. */
  apiToken: string
  /** Only what was changed then or later. */
  updatedSince?: Date | undefined
  /** Records of a page, 1 to 500. Default 500. */
  pageSize?: number | undefined
  /** Default `https://api.pipedrive.com`; a company's own is `https://COMPANY.pipedrive.com`. */
  baseUrl?: string | undefined
}

const action = 'crm.pipedrive'
const checks = checksOf(action)

/**
 * Reads organizations, flat: `address.locality`, and custom fields as `custom_fields.` with Pipedrive's hash, whose name the
 * caller knows. Each page costs 10 of the company's tokens of the day.
 *
 * Its errors may be retried for 429, with `retryAfterMs`, 5xx, and where no answer came.
 *
 * @throws OptionError at once
 * @example
 * ```ts
 * const organizations = crm.pipedrive({ apiToken: env.PIPEDRIVE_API_TOKEN, updatedSince: new Date(Date.now() - 86_400_000) })
 * const { records, next } = await organizations.readPage()
 * ```
 */
export function pipedrive(options: PipedriveOptions): Reader {
  const { apiToken, updatedSince, pageSize = 500, baseUrl = 'https://api.pipedrive.com' } = options
  const base = checks.baseUrl('baseUrl', baseUrl)
  checks.secret('apiToken', apiToken)
  checks.integer('pageSize', pageSize, 1, 500)
  const time = updatedSince === undefined || !Number.isNaN(updatedSince.getTime())
  checks.that(time, 'updatedSince', 'must be a time')
  checks.call(options)

  return readerOf(action, options, async (cursor): Promise<Page> => {
    if (cursor !== undefined) checks.text('cursor', cursor)
    const query = new URLSearchParams({
      limit: String(pageSize),
      // RFC 3339 without a fraction, as in Pipedrive's example.
      ...(updatedSince && { updated_since: updatedSince.toISOString().replace(/\.\d+/, '') }),
      ...(cursor !== undefined && { cursor }),
    })
    const asked = {
      action,
      of: 'Pipedrive',
      url: `${base}/api/v2/organizations?${String(query)}`,
      headers: { 'x-api-token': apiToken },
      secrets: [apiToken],
      mostBytes: MOST_PAGE_BYTES,
    }
    const answer = await ask(asked, options)
    if (!answer.ok) {
      const reset = Number(answer.headers.get('x-ratelimit-reset') ?? Number.NaN)
      // Pipedrive states the end of its two seconds, in seconds, and not always a Retry-After.
      const known = answer.status === 429 && !answer.headers.has('retry-after') && reset >= 0
      throw failure(asked, answer, options, known ? { retryAfterMs: reset * 1000 } : {})
    }
    const { success, data, additional_data } = jsonOf(asked, answer)
    if (success === false) throw failure(asked, answer, options, { retryable: false })
    // Pipedrive says null where there is none.
    const organizations = success === true && data === null ? [] : data
    if (!Array.isArray(organizations))
      throw failure(asked, answer, options, { reason: 'no list of records', retryable: false })
    const next = (additional_data as { next_cursor?: unknown } | null | undefined)?.next_cursor
    return {
      records: organizations.map((organization) => flatten(organization)),
      ...(typeof next === 'string' && next !== '' && { next }),
    }
  })
}
