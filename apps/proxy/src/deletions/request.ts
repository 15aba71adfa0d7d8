/**
 * Reads who is to be deleted out of a body: Heap's `{ users }`, or the list `{ records }` of the opt-out workflow. Pure.
 * @module
 */
import { createHash } from 'node:crypto'
import { defineRequests, isObject, type Problem, type Subject, USERS_PER_DELETION } from '@heap-edge/contract'
import type { NamedUser } from './world.ts'

/** Users to delete, and how many records were left out since they did not opt out; or what is wrong and where. */
export type DeletionInput = { ok: true; users: NamedUser[]; skipped: number } | { ok: false; problems: Problem[] }

// An identity that merges people may be deleted: there is no other way to be rid of it.
const { userDeletion } = defineRequests({ refuseMergingIdentities: false, nested: 'flatten', userPropertiesKey: false })

/**
 * @param appId the main environment: the only one for which Heap deletes
 * @example
 * ```ts
 * readDeletion({ users: [{ identity: 'alice@example.com' }] }, '123456789')
 * // { ok: true, users: [{ kind: 'identity', value: 'alice@example.com' }], skipped: 0 }
 * ```
 */
export function readDeletion(body: unknown, appId: string): DeletionInput {
  if (!isObject(body)) return refused('', 'must be a JSON object with users or records')
  if (body.app_id !== undefined && body.app_id !== appId && body.app_id !== Number(appId)) {
    return refused('/app_id', `must be ${appId}, the main environment, or be left out`)
  }
  if (body.records === undefined) return readUsers(body)
  if (body.users !== undefined) return refused('/records', 'must not stand beside users')
  return readRecords(body.records)
}

function readUsers(body: object): DeletionInput {
  const result = userDeletion.validate(body)
  if (!result.ok) return result
  return { ok: true, users: distinct(result.value.users.map((user) => toUser(user))), skipped: 0 }
}

function readRecords(records: unknown): DeletionInput {
  if (!Array.isArray(records) || records.length === 0) return refused('/records', 'must be a list that is not empty')
  if (records.length > USERS_PER_DELETION) {
    return refused('/records', `must have at most ${USERS_PER_DELETION} records`)
  }
  const problems = records.flatMap((record, index) =>
    problemsOf(record).map(({ pointer, detail }) => ({ pointer: `/records/${index}${pointer}`, detail })),
  )
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, MOST_PROBLEMS) }
  const chosen = (records as OptOutRecord[]).flatMap((record, index) => (record.opt_out ? [{ record, index }] : []))
  if (chosen.length === 0) return { ok: true, users: [], skipped: records.length }
  const result = userDeletion.validate({
    users: chosen.map(({ record: { identity_type, value } }) => ({ [identity_type]: value })),
  })
  if (!result.ok) {
    const back = ({ pointer, detail }: Problem): Problem => {
      const [, place] = /^\/users\/(\d+)/.exec(pointer) ?? []
      return { pointer: `/records/${chosen[Number(place)]?.index}/value`, detail }
    }
    return { ok: false, problems: result.problems.map(back) }
  }
  const users = result.value.users.map((user, place) => toUser(user, chosen[place]?.record.user_name))
  return { ok: true, users: distinct(users), skipped: records.length - chosen.length }
}

interface OptOutRecord {
  user_name?: string
  identity_type: 'identity' | 'user_id'
  value: unknown
  opt_out: boolean
}

/** More are not listed. */
const MOST_PROBLEMS = 100
const MOST_NAME_CHARACTERS = 255

function problemsOf(record: unknown): Problem[] {
  if (!isObject(record)) return [{ pointer: '', detail: 'must be an object' }]
  const { user_name, identity_type, value, opt_out } = record
  const problems: Problem[] = []
  const check = (good: boolean, name: string, detail: string) => {
    if (!good) problems.push({ pointer: `/${name}`, detail })
  }
  const named = user_name === undefined || (typeof user_name === 'string' && user_name.length <= MOST_NAME_CHARACTERS)
  check(named, 'user_name', `must be a string of at most ${MOST_NAME_CHARACTERS} characters`)
  check(identity_type === 'identity' || identity_type === 'user_id', 'identity_type', 'must be identity or user_id')
  check(value !== undefined, 'value', 'must be the identity or the user_id')
  check(typeof opt_out === 'boolean', 'opt_out', 'must be true or false')
  return problems
}

function toUser(subject: Subject, name?: string): NamedUser {
  const { identity, user_id } = subject as { identity?: string; user_id?: string | number }
  const user =
    identity === undefined
      ? ({ kind: 'user_id', value: String(user_id) } as const)
      : ({ kind: 'identity', value: identity } as const)
  return name ? { ...user, name } : user
}

/** Each once. */
function distinct(users: NamedUser[]): NamedUser[] {
  const seen = new Set<string>()
  return users.filter(({ kind, value }) => {
    const key = `${kind}:${value}`
    return !seen.has(key) && seen.add(key)
  })
}

function refused(pointer: string, detail: string): DeletionInput {
  return { ok: false, problems: [{ pointer, detail }] }
}

/** What tells one list of users from another. */
export function fingerprintOf(users: readonly NamedUser[]): string {
  const list = JSON.stringify(users.map(({ kind, value }) => [kind, value]))
  return createHash('sha256').update(list).digest('base64url')
}
