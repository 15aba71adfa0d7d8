/**
 * A service with users in pages, as `jsonPages` reads them: `{ "records": [...], "next": "/users?after=1000" }`.
 * @module
 */
import { type Reply, type StandIn, standIn, stop } from './server.ts'

/** The source, with its records. */
export interface Source extends StandIn {
  /** Its first page. */
  usersUrl: string
  token: string
  records: object[]
}

const PATH = '/users'

/** @param pageSize records of a page */
export async function startSource({ pageSize = 1000 }: { pageSize?: number } = {}): Promise<Source> {
  const token = 'source-token-0123456789'
  const records: Source['records'] = []

  const service = await standIn(({ method, path, query, headers }): Reply => {
    if (method !== 'GET' || path !== PATH) stop({ status: 404, body: { error: 'No such route.' } })
    if (headers.get('authorization') !== `Bearer ${token}`) stop({ status: 401, body: { error: 'Who are you?' } })
    const after = query.get('after') ?? '0'
    if (!/^\d+$/.test(after)) stop({ status: 400, body: { error: 'after must be a number' } })
    const end = Number(after) + pageSize
    return {
      status: 200,
      body: {
        records: records.slice(Number(after), end),
        next: end < records.length ? `${PATH}?after=${end}` : null,
      },
    }
  })
  return Object.assign(service, { usersUrl: service.url + PATH, token, records })
}
