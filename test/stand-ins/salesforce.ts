/**
 * Salesforce's REST API, as far as queries go.
 * developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm, errorcodes.htm
 * @module
 */
import { type Reply, type StandIn, standIn, stop } from './server.ts'

/** Salesforce, with its objects and who may ask. */
export interface Salesforce extends StandIn {
  /** Tokens of sessions that have not ended. */
  sessions: Set<string>
  /** Records by the name of their object. All records of one have the same fields. */
  objects: Map<string, Record<string, unknown>[]>
  /** The queries that have a next page; without them their cursors are too old. */
  locators: Map<string, Query>
}

interface Query {
  object: string
  fields: string[]
  size: number
}

const problem = (status: number, errorCode: string, message: string): Reply => ({
  status,
  body: [{ message, errorCode }],
})

const SOQL = /^\s*SELECT\s+([\w.]+(?:\s*,\s*[\w.]+)*)\s+FROM\s+(\w+)\s*$/i

/**
 * Starts it with a session `00Dxx!session`.
 *
 * @param mostRecords records of a page at most: what is asked for is a wish for Salesforce, too
 */
export async function startSalesforce({ mostRecords = 2000 }: { mostRecords?: number } = {}): Promise<Salesforce> {
  const sessions = new Set(['00Dxx!session'])
  const objects: Salesforce['objects'] = new Map()
  const locators: Salesforce['locators'] = new Map()

  const service = await standIn(({ method, path, query, headers }): Reply => {
    const [, token = ''] = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '') ?? []
    if (!sessions.has(token)) stop(problem(401, 'INVALID_SESSION_ID', 'Session expired or invalid'))
    const [, version, locator, offset] = /^\/services\/data\/v(\d+)\.0\/query(?:\/(\w+)-(\d+))?$/.exec(path) ?? []
    if (method !== 'GET' || Number(version) < 31) {
      stop(problem(404, 'NOT_FOUND', 'The requested resource does not exist'))
    }
    const found = locator === undefined ? begun(query.get('q') ?? '', headers) : locators.get(locator)
    if (!found) return problem(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
    const records = objects.get(found.object) ?? []
    const start = Number(offset ?? 0)
    const end = start + found.size
    const done = end >= records.length
    const id = locator ?? `01gRO00000${String(locators.size).padStart(6, '0')}AA`
    if (!done) locators.set(id, found)
    return {
      status: 200,
      body: {
        totalSize: records.length,
        done,
        ...(!done && { nextRecordsUrl: `/services/data/v${version}.0/query/${id}-${end}` }),
        records: records.slice(start, end).map((record) => chosen(record, found)),
      },
    }
  })

  function begun(soql: string, headers: Headers): Query {
    const [, list, object] = SOQL.exec(soql) ?? []
    if (list === undefined || object === undefined) {
      return stop(problem(400, 'MALFORMED_QUERY', `unexpected token: '${soql.trim().split(/\s/)[0]}'`))
    }
    const records = objects.get(object)
    if (!records) return stop(problem(400, 'INVALID_TYPE', `sObject type '${object}' is not supported.`))
    const fields = list.split(',').map((field) => field.trim())
    const bad = fields.find(
      (field) => records.length > 0 && !Object.hasOwn(records[0] ?? {}, field.split('.')[0] ?? ''),
    )
    if (bad !== undefined) stop(problem(400, 'INVALID_FIELD', `No such column '${bad}' on entity '${object}'.`))
    const [, size = '2000'] = /^batchSize=(\d+)$/.exec(headers.get('sforce-query-options') ?? '') ?? []
    return { object, fields, size: Math.min(mostRecords, Math.max(200, Number(size))) }
  }

  return Object.assign(service, { sessions, objects, locators })
}

function chosen(record: Record<string, unknown>, { object, fields }: Query): object {
  const names = new Set(fields.map((field) => field.split('.')[0] ?? ''))
  const attributes = { type: object, url: `/services/data/v66.0/sobjects/${object}/${String(record.Id)}` }
  return { attributes, ...Object.fromEntries([...names].map((name) => [name, record[name]])) }
}
