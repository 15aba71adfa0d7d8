/**
 * Records of Salesforce, by a SOQL query.
 * developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm, resources_query_more_results.htm
 * @module
 */
import { failure, jsonOf } from '../failure.ts'
import { flatten } from '../flat.ts'
import { type CallOptions, checksOf } from '../options.ts'
import { ask } from '../request.ts'
import { MOST_PAGE_BYTES, type Page, type Reader, readerOf, type ReaderOptions } from './reader.ts'

/** Of {@link salesforce}. */
export interface SalesforceOptions extends CallOptions, ReaderOptions {
  /** `https://MyDomain.my.salesforce.com` */
  instanceUrl: string
  /** Or a function that gives it, asked before each request: a session ends. */
  accessToken: string | (() => string | Promise<string>)
  /** As `SELECT Id, Name, Industry FROM Account WHERE LastModifiedDate = TODAY`. Never put together from what others sent. */
  soql: string
  /** Default `66.0`. */
  apiVersion?: string | undefined
  /** Records of a page, 200 to 2000, as a wish. Default 2000. */
  pageSize?: number | undefined
}

const action = 'crm.salesforce'
const checks = checksOf(action)
/** Salesforce takes 16 384 bytes for URI and headers; "API Request Limits and Allocations" */
const MOST_QUERY_CHARACTERS = 12_000
/** Its own address of a next page. A cursor from elsewhere must not say where the token goes. */
const NEXT = /^\/services\/data\/v\d+\.\d+\/query\/[\w-]+$/

/**
 * Reads the records of a query, flat: `Owner.Name` as in SOQL, without `attributes`, what is null left out, and without the rows
 * of subqueries. A cursor holds for two days at most; after that Salesforce answers 400 `INVALID_QUERY_LOCATOR`: begin anew.
 *
 * Its errors may be retried for 403 `REQUEST_LIMIT_EXCEEDED`, 5xx, where no answer came, and for 401 where `accessToken` is a
 * function, which then has to give another one.
 *
 * @throws OptionError at once
 * @example
 * ```ts
 * const accounts = crm.salesforce({ instanceUrl, accessToken, soql: 'SELECT Id, Name FROM Account' })
 * for await (const records of accounts) console.log(records) // [{ Id: '001…', Name: 'Urbanshee' }, …]
 * ```
 */
export function salesforce(options: SalesforceOptions): Reader {
  const { instanceUrl, accessToken, soql, apiVersion = '66.0', pageSize = 2000 } = options
  const base = checks.baseUrl('instanceUrl', instanceUrl)
  if (typeof accessToken !== 'function') checks.secret('accessToken', accessToken)
  checks.text('soql', soql, MOST_QUERY_CHARACTERS)
  checks.that(encodeURIComponent(soql).length <= MOST_QUERY_CHARACTERS, 'soql', 'must be shorter')
  checks.that(/^\d{2,3}\.0$/.test(apiVersion), 'apiVersion', 'must be a version such as 66.0')
  checks.integer('pageSize', pageSize, 200, 2000)
  checks.call(options)
  const first = `/services/data/v${apiVersion}/query?q=${encodeURIComponent(soql)}`

  return readerOf(action, options, async (cursor): Promise<Page> => {
    checks.that(cursor === undefined || NEXT.test(cursor), 'cursor', 'must be one of this reader')
    const token = typeof accessToken === 'function' ? await accessToken() : accessToken
    checks.secret('accessToken', token)
    const asked = {
      action,
      of: 'Salesforce',
      url: base + (cursor ?? first),
      headers: { Authorization: `Bearer ${token}`, 'Sforce-Query-Options': `batchSize=${pageSize}` },
      secrets: [token],
      mostBytes: MOST_PAGE_BYTES,
    }
    const answer = await ask(asked, options)
    if (!answer.ok) {
      const limited = answer.status === 403 && answer.text.includes('REQUEST_LIMIT_EXCEEDED')
      const expired = answer.status === 401 && typeof accessToken === 'function'
      throw failure(asked, answer, options, limited || expired ? { retryable: true } : {})
    }
    const { records, done, nextRecordsUrl } = jsonOf(asked, answer)
    if (!Array.isArray(records))
      throw failure(asked, answer, options, { reason: 'no list of records', retryable: false })
    const page = { records: records.map((record) => flatten(record, { without: ['attributes'] })) }
    if (done === true) return page
    const next = String(nextRecordsUrl)
    if (!NEXT.test(next))
      throw failure(asked, answer, options, { reason: 'no next page that is known', retryable: true })
    return { ...page, next }
  })
}
