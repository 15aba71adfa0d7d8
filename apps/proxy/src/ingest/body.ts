/**
 * From bytes to a request that Heap takes: type, size, JSON, shape, environment.
 * @module
 */
import { BODY_BYTES, isObject, MOST_PROBLEMS, type Problem, type RequestContract } from '@heap-edge/contract'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Config } from '../config.ts'
import { parseJson } from '../json.ts'
import { problem } from '../problem.ts'
import { sentAt } from './clock.ts'

/** Refuses what is no JSON by its type with 415. A page could send other types without a preflight. */
export const jsonOnly: MiddlewareHandler = async (c, next) => {
  const type = c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return next()
  return problem(c, 'not-json', 'Send the body with Content-Type: application/json.')
}

/** Refuses bodies of more than 1 MB with 413, while they are read. */
export const sizeLimit: MiddlewareHandler = bodyLimit({
  maxSize: BODY_BYTES,
  onError: (c) =>
    problem(c, 'body-too-large', `A body may have ${BODY_BYTES} bytes; send the records in several requests.`),
})

/** What a body holds. */
export interface Received<Request> {
  request: Request
  /** When it was sent by the sender's own clock, in ms since 1970; nothing where it does not say. */
  sentAt: number | undefined
  /** Where a record of the request stands in the body as it was sent, as a JSON pointer. */
  placeOf: (index: number) => string
}

/** The request that a body holds, or the answer that refuses it. */
export async function readRequest<Request extends { app_id: string }>(
  c: Context,
  contract: RequestContract<Request>,
  config: Config,
): Promise<Received<Request> | Response> {
  let body: unknown
  const refuse = (problems: Problem[]) => {
    c.set('about', aboutOf(body, contract, config))
    return invalid(c, problems)
  }
  try {
    body = parseJson(await c.req.arrayBuffer())
  } catch {
    return refuse([{ pointer: '', detail: 'is not valid JSON in UTF-8' }])
  }
  if (isObject(body) && !('app_id' in body)) body = { ...body, app_id: config.appId }
  const result = contract.validate(body)
  const problems = result.ok ? [] : result.problems
  const sent = isObject(body) && 'sent_at' in body ? sentAt.safeParse(body.sent_at) : undefined
  if (sent?.error) problems.push(...sent.error.issues.map(({ message }) => ({ pointer: '/sent_at', detail: message })))
  if (!result.ok || problems.length > 0) return refuse(problems.slice(0, MOST_PROBLEMS))
  if (!config.appIds.has(result.value.app_id)) {
    return refuse([{ pointer: '/app_id', detail: 'is not an environment that this proxy writes to' }])
  }
  const request = result.value
  const placeOf = (index: number) => place(body as Record<string, unknown>, request, contract.listKey, index)
  return { request, sentAt: sent?.data, placeOf }
}

/** What can be told of a body that is refused: its environment, where it is one of ours, and how many records it seems to have. */
function aboutOf(body: unknown, { listKey = '' }: { listKey?: string | undefined }, { appIds }: Config) {
  const { app_id, [listKey]: list }: Record<string, unknown> = isObject(body) ? body : {}
  const isOurs = typeof app_id === 'string' && appIds.has(app_id)
  return { app_id: isOurs ? app_id : undefined, records: Array.isArray(list) ? list.length : 1 }
}

/** The records of `user_properties` stand behind those of `users` in a request. */
function place(body: Record<string, unknown>, request: object, listKey: string | undefined, index: number): string {
  if (listKey === undefined || !(listKey in request)) return ''
  const { users, user_properties } = body
  const first = Array.isArray(users) ? users.length : 0
  const isBehind = listKey === 'users' && user_properties !== undefined && index >= first
  return isBehind ? `/user_properties/${index - first}` : `/${listKey}/${index}`
}

/** 400, with the place of everything that is wrong. */
export function invalid(c: Context, problems: Problem[]): Response {
  const [first, ...others] = problems
  const more = problems.length < MOST_PROBLEMS ? others.length : `at least ${others.length}`
  const found = `${first?.pointer || 'The body'} ${first?.detail}${others.length ? `, and ${more} more` : ''}`
  return problem(c, 'invalid-body', `Nothing of the request was accepted: ${found}.`, problems)
}
