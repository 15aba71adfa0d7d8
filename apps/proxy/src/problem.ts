/**
 * Errors as RFC 9457 problem details.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** The kinds of problems, with their status and title. Each is explained at `/docs#<kind>`. */
export const PROBLEMS = {
  'invalid-body': [400, 'The request is not what is taken here'],
  'refused-by-heap': [400, 'Heap refused the request'],
  unauthorized: [401, 'The admin token is missing or wrong'],
  'identity-not-proven': [401, 'An identity comes without a token that proves it'],
  'hook-unauthorized': [401, 'This is not allowed'],
  'admin-closed': [403, 'The admin routes are closed'],
  'origin-not-allowed': [403, 'This origin may not write here'],
  'not-found': [404, 'There is nothing here'],
  'method-not-allowed': [405, 'This route takes another method'],
  'nothing-to-retry': [409, 'This run is complete'],
  'run-forgotten': [409, 'This run cannot go on where it failed'],
  'body-too-large': [413, 'The body is too large'],
  'idempotency-key-reused': [422, 'This Idempotency-Key came with another request before'],
  'not-json': [415, 'The body must be JSON'],
  'outbox-full': [429, 'There is no room for more records that wait'],
  'client-rate-limited': [429, 'This address writes as too many users and accounts'],
  'not-connected': [502, 'Heap was not connected'],
  'heap-unreachable': [502, 'Heap cannot be reached'],
  misconfigured: [503, 'The settings of this Worker are wrong'],
  unavailable: [503, 'What this needs cannot be reached at this time'],
  internal: [500, 'Something went wrong here'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>

export type ProblemKind = keyof typeof PROBLEMS

/**
 * Answers with a problem.
 *
 * @param detail a sentence for the one who sent the request; never a secret, a stack or a value of theirs
 * @param errors what is wrong and where, as JSON pointers into the body
 */
export function problem(c: Context, kind: ProblemKind, detail: string, errors?: Problem[]): Response {
  const [status, title] = PROBLEMS[kind]
  c.set('problem', kind)
  const body = { type: `/docs#${kind}`, title, status, detail, ...(errors && { errors }) }
  return c.body(JSON.stringify(body), status, {
    'Content-Type': 'application/problem+json',
    'Heap-Edge-Outcome': 'rejected',
  })
}
