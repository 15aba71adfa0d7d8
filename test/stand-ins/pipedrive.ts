/**
 * Pipedrive's API v2, as far as its organizations go. developers.pipedrive.com/docs/api/v1/Organizations#getOrganizations,
 * pipedrive.readme.io/docs/core-api-concepts-pagination, core-api-concepts-rate-limiting
 * @module
 */
import { type Reply, rollingLimit, type StandIn, standIn, stop } from './server.ts'

/** Pipedrive, with its organizations. */
export interface Pipedrive extends StandIn {
  apiToken: string
  organizations: { id: number; update_time: string; [field: string]: unknown }[]
}

const problem = (status: number, error: string): Reply => ({
  status,
  body: { success: false, error, errorCode: status },
})

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/

/**
 * @param perWindow requests that are taken in two seconds
 * @param mostRecords records of a page, whatever is asked for
 * @param now milliseconds since 1970
 */
export async function startPipedrive({
  perWindow = 20,
  mostRecords = 500,
  now = Date.now,
}: { perWindow?: number; mostRecords?: number; now?: () => number } = {}): Promise<Pipedrive> {
  const apiToken = '0123456789abcdef0123456789abcdef01234567'
  const organizations: Pipedrive['organizations'] = []
  const fits = rollingLimit(perWindow, 2000)

  const service = await standIn(({ method, path, query, headers, at }): Reply => {
    if (method !== 'GET' || path !== '/api/v2/organizations') stop(problem(404, 'Unknown method.'))
    if (headers.get('x-api-token') !== apiToken) stop(problem(401, 'unauthorized access'))
    const windows = { 'x-ratelimit-limit': String(perWindow), 'x-ratelimit-reset': '2' }
    if (!fits(at)) stop({ ...problem(429, 'request over limit'), headers: windows })
    const limit = Number(query.get('limit') ?? 100)
    if (!Number.isInteger(limit) || limit < 1 || limit > 500) stop(problem(400, 'limit must be from 1 to 500'))
    const since = query.get('updated_since')
    if (since !== null && !RFC3339.test(since)) stop(problem(400, 'updated_since must be RFC3339'))
    const known = new Set(['limit', 'cursor', 'updated_since'])
    if ([...query.keys()].some((name) => !known.has(name))) stop(problem(400, 'unknown parameter'))

    const chosen = organizations.filter(
      ({ update_time }) => since === null || Date.parse(update_time) >= Date.parse(since),
    )
    const start = query.has('cursor') ? offsetOf(query.get('cursor') ?? '') : 0
    const end = start + Math.min(limit, mostRecords)
    const next_cursor = end < chosen.length ? cursorOf(end) : null
    return {
      status: 200,
      body: { success: true, data: chosen.slice(start, end), additional_data: { next_cursor } },
      headers: windows,
    }
  }, now)
  return Object.assign(service, { apiToken, organizations })
}

const cursorOf = (offset: number) => Buffer.from(JSON.stringify({ organizations: offset })).toString('base64url')

function offsetOf(cursor: string): number {
  const [, offset] = /^\{"organizations":(\d+)\}$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  return offset === undefined ? stop(problem(400, 'cursor is invalid')) : Number(offset)
}
