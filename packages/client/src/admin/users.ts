/**
 * The users of a deletion, looked at all at once, so that no request is sent where a later one would be refused.
 * @module
 */
import type { MOST_PROBLEMS, PATHS, Problem, USERS_PER_DELETION } from '@heap-edge/contract'
import { type Context, type Field, identity, userId } from '../check/fields.ts'
import { isObject } from '../check/json.ts'
import { notSent } from '../check/not-sent.ts'
import type { DeletableUser } from './types.ts'

const path: typeof PATHS.userDeletion = '/api/public/v0/user_deletion'
const mostUsers: typeof USERS_PER_DELETION = 10_000
const mostProblems: typeof MOST_PROBLEMS = 100

const fields = {
  identity(value, context) {
    if (typeof value === 'string') return identity(value, context)
    // Elsewhere a number is taken for an identity. Here it may be a user_id in the wrong field, and cannot be taken back.
    context.refuse('must be a string')
  },
  // A number on the wire, as in Heap's own example of a deletion. Elsewhere Heap wants a string.
  user_id: (value, context) => Number(userId(value, context)),
} satisfies Record<string, Field>

/**
 * The users of each request, in order, at most 10 000 in one.
 *
 * @throws HeapRequestError with at most 100 problems, `/users/3/identity` and the like
 */
export function requestsOf(users: readonly DeletableUser[]): object[][] {
  const problems: Problem[] = []
  const wire: object[] = []
  if (!Array.isArray(users)) problems.push({ pointer: '/users', detail: 'must be a list' })
  else if (users.length === 0) problems.push({ pointer: '/users', detail: 'must not be empty' })
  else {
    for (let index = 0; index < users.length && problems.length < mostProblems; index++) {
      const user = wireUser(users[index], (detail, at = '') => {
        problems.push({ pointer: `/users/${index}${at}`, detail })
      })
      if (user) wire.push(user)
    }
  }
  if (problems.length > 0) throw notSent(path, problems)

  const requests: object[][] = []
  for (let start = 0; start < wire.length; start += mostUsers) requests.push(wire.slice(start, start + mostUsers))
  return requests
}

function wireUser(user: unknown, refuse: Context['refuse']): object | undefined {
  const given = isObject(user) ? (['identity', 'user_id'] as const).filter((name) => user[name] !== undefined) : []
  const [name] = given
  if (!isObject(user) || !name || given.length > 1) {
    refuse('must be an object with exactly one of identity and user_id')
    return
  }
  const value = fields[name](user[name], {
    // Where such a user has come to be, it must be possible to delete it.
    allowMergingIdentities: true,
    refuse: (detail) => refuse(detail, `/${name}`),
    warn() {},
  })
  return { [name]: value }
}
