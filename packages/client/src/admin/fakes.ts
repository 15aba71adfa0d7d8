/**
 * A Heap that gives tokens for five minutes of the fake clock, and the client of it.
 * @module
 */
import { fakeWorld, json, type Server } from '../fakes.ts'
import { createHeapAdmin } from './admin.ts'
import type { HeapAdminOptions } from './options.ts'

export const TOKEN_PATH = '/api/public/v0/auth_token'
export const DELETION_PATH = '/api/public/v0/user_deletion'
export const STATUS_PATH = '/api/public/v0/deletion_status/'
export const KEY = 'k3y-öf-the-account'
/** base64 of the UTF-8 of 123456789:k3y-öf-the-account. */
export const BASIC = 'MTIzNDU2Nzg5OmszeS3DtmYtdGhlLWFjY291bnQ='

/**
 * @param server answers what comes with a token that holds, or without one; its number does not count the token requests
 * @param tokens answers a token request in place of the fake
 */
export function fakeHeap(server: Server = taking, options: Partial<HeapAdminOptions> = {}, tokens?: Server) {
  const issued: number[] = []
  let asked = 0
  let answered = 0
  const world = fakeWorld((request) => {
    if (request.url.endsWith(TOKEN_PATH)) {
      if (tokens) return tokens(request, asked++)
      if (request.headers.get('authorization') !== `Basic ${BASIC}`)
        return json(401, { err: { message: 'Unauthorized' } })
      return json(200, { access_token: `token-${issued.push(request.at) - 1}` })
    }
    const [, token] = /^Bearer token-(\d+)$/.exec(request.headers.get('authorization') ?? '') ?? []
    const holds = request.at < (issued[Number(token)] ?? -Infinity) + 300_000
    if (token !== undefined && !holds) return json(401, { error: 'Unauthorized' })
    return server(request, answered++)
  })
  const admin = createHeapAdmin({ appId: '123456789', apiKey: KEY, ...world.options, ...options })
  /** What came, without the token requests. */
  const calls = () => world.seen.filter(({ url }) => !url.endsWith(TOKEN_PATH))
  return { ...world, admin, issued, calls, fetchedTokens: () => world.seen.length - calls().length }
}

/** Takes every deletion, as `id-0`, `id-1` and so on. */
export const taking: Server = (_, index) => json(201, { deletion_request_id: `id-${index}`, status: 'pending' })

/** Answers each question for a status by the next of a list; the last one stays. */
export const stating =
  (...statuses: string[]): Server =>
  ({ url }, index) =>
    json(200, { deletion_request_id: url.split('/').at(-1), status: statuses[Math.min(index, statuses.length - 1)] })
