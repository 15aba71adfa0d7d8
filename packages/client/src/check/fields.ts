/**
 * The fields of a record: what may stand in them, and what becomes of it on the wire. The same rules as in the contract,
 * without zod.
 * @module
 */
import type { EVENT_NAME_LENGTH, IDENTITY_LENGTH } from '@heap-edge/contract'
import { asJson } from './json.ts'

/** Where a field tells what it finds; `at` is a JSON pointer from the field to the place. */
export interface Context {
  allowMergingIdentities: boolean
  /** The record cannot be sent like this. */
  refuse: (detail: string, at?: string) => void
  /** It can, and the result may surprise. */
  warn: (detail: string, at?: string) => void
}

/** Gives the value as it stands on the wire; of no meaning where it refuses. */
export type Field = (value: unknown, context: Context) => unknown

const eventLength: typeof EVENT_NAME_LENGTH = 1024
const idLength: typeof IDENTITY_LENGTH = 255

/** Heap would merge everybody who carries the same one of these. */
const merging = /^(undefined|null|nan|none|nil|true|false|anonymous|anon|guest|user|unknown|n\/a|\[object object\])$/

const isoTime = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)?)?$/

/** An id may be an integer, which becomes a string as in Heap's own clients. */
const integerToString = (value: unknown) => (Number.isSafeInteger(value) ? String(value) : value)

function text(value: unknown, pattern: RegExp, most: number, { refuse }: Context): string | undefined {
  if (typeof value === 'string' && value.length <= most && value.isWellFormed() && pattern.test(value)) return value
  refuse(`must be a well-formed string of 1 to ${most} characters`)
}

/** The name of an event. */
export const event: Field = (value, context) => text(value, /[^]/, eventLength, context)

/** A session_id or an idempotency_key. */
export const key: Field = (value, context) => text(integerToString(value), /[^]/, idLength, context)

/** The id of an account, which must not be blank. */
export const accountId = (value: unknown, context: Context): string | undefined =>
  text(integerToString(value), /\S/, idLength, context)

/** An identity: not blank, and not one that merges people, whatever cannot be seen stands around it. */
export const identity: Field = (value, context) => {
  const identity = accountId(value, context)
  const visible = identity?.replace(/^[\p{C}\p{Z}]+|[\p{C}\p{Z}]+$/gu, '').toLowerCase()
  if (visible === '') context.refuse('must not be empty')
  if (visible && !context.allowMergingIdentities && merging.test(visible)) {
    context.refuse('is no identity: Heap would merge everybody who carries it into one user, for ever')
  }
  return identity
}

/** Heap's own id of a user. */
export const userId: Field = (value, { refuse }) => {
  const digits = integerToString(value)
  if (typeof digits === 'string' && /^\d{1,16}$/.test(digits) && Number(digits) <= Number.MAX_SAFE_INTEGER) {
    return digits.replace(/^0+(?=\d)/, '')
  }
  refuse('must be a whole number from 0 to 9007199254740991')
}

/** ISO 8601 is kept as it is, in any zone; a `Date` or a Unix time, in ms or below 1e11 in s, becomes ISO 8601. */
export const timestamp: Field = (value, { refuse }) => {
  const time = asJson(value)
  if (typeof time === 'string' && isoTime.test(time) && !Number.isNaN(Date.parse(time))) return time
  const date = new Date(typeof time === 'number' ? (time < 1e11 ? time * 1000 : time) : NaN)
  if (!Number.isNaN(date.valueOf())) return date.toISOString()
  refuse('must be a Date or an ISO 8601 time such as 2017-03-10T22:21:56Z')
}
