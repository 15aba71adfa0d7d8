/**
 * The fields that Heap's request bodies are made of, as zod schemas: what may be sent, and what it becomes on the wire.
 * @module
 */
// The namespace import matters: `import { z }` carries every locale along (454 kB instead of 85 kB in a Worker).
import * as z from 'zod'
import { isBlank, mergesPeople } from './identity.ts'
import { EVENT_NAME_LENGTH, IDENTITY_LENGTH, USER_ID_MAX } from './limits.ts'
import { type Nested, normaliseProperties, type PropertyOwner } from './properties.ts'
import type { Properties } from './types.ts'

/**
 * A string, or an integer that becomes one, as Heap's official clients do. It must be well-formed: lone surrogates would all
 * become the same character on the wire.
 */
const text = (what: string) =>
  z
    .custom<string | number>((value) => typeof value === 'string' || Number.isSafeInteger(value), {
      error: `must be a string${what}`,
    })
    .transform(String)
    .refine((value) => value.isWellFormed(), { error: 'must be well-formed Unicode' })

/** The environment id: digits. Blanks and slashes from a copied address are removed. */
export const appId = z
  .union([z.string(), z.int().nonnegative()], { error: 'is required: the environment id, a string of digits' })
  .transform((value) => String(value).replace(/^[\s/]+|[\s/]+$/g, ''))
  .pipe(
    z
      .string()
      .regex(/^\d{1,20}$/, { error: 'must be digits only: the environment id, as in the address bar after env/' }),
  )
  .meta({ type: 'string', pattern: '^\\d+$', description: 'The environment id.' })

/** An event's name. */
export const eventName = z
  .string({ error: 'must be a string: the name of the event' })
  .min(1, { error: 'must not be empty' })
  .refine((value) => value.isWellFormed(), { error: 'must be well-formed Unicode' })
  // Not .max(), which counts code points.
  .refine((value) => value.length <= EVENT_NAME_LENGTH, { error: `must be at most ${EVENT_NAME_LENGTH} characters` })
  .meta({ maxLength: EVENT_NAME_LENGTH })

/** A case-sensitive identity; by default not one that merges people. */
export const identity = (refuseMerging: boolean) =>
  text(' of 1 to 255 characters')
    .refine((value) => !isBlank(value), { error: 'must not be empty' })
    .refine((value) => value.length <= IDENTITY_LENGTH, { error: `must be at most ${IDENTITY_LENGTH} characters` })
    .refine((value) => !refuseMerging || !mergesPeople(value), {
      error: 'is no identity: Heap would merge everybody who carries it into one user, for ever',
    })
    .meta({
      type: 'string',
      minLength: 1,
      maxLength: IDENTITY_LENGTH,
      description: 'Case-sensitive; unknown ones are created.',
    })

/** Heap's own id of a user, from its SDK. */
export const userId = text(' of digits')
  .refine((value) => /^\d{1,16}$/.test(value) && Number(value) <= USER_ID_MAX, {
    error: 'must be a whole number between 0 and 9007199254740991, as a string',
  })
  // "007" is the user 7, also for the limits.
  .transform((value) => value.replace(/^0+(?=\d)/, ''))
  .meta({ type: 'string', pattern: '^\\d{1,16}$', description: 'A user_id from Heap, 0 to 2^53 - 1.' })

/** The id by which Heap groups users into an account. */
export const accountId = text('')
  .refine((value) => value.trim() !== '', { error: 'must not be empty' })
  .refine((value) => value.length <= IDENTITY_LENGTH, { error: `must be at most ${IDENTITY_LENGTH} characters` })
  .meta({ type: 'string', minLength: 1, maxLength: IDENTITY_LENGTH })

const ISO_8601 = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)?)?$/

/** ISO 8601 is kept as it is; a Unix time, in ms or below 1e11 in s, becomes ISO 8601. */
export const timestamp = z
  .union([z.string(), z.number()], { error: 'must be an ISO 8601 time' })
  .transform((value, context) => {
    if (typeof value === 'string' && ISO_8601.test(value) && !Number.isNaN(Date.parse(value))) return value
    if (typeof value === 'number') {
      const date = new Date(value < 1e11 ? value * 1000 : value)
      if (!Number.isNaN(date.valueOf())) return date.toISOString()
    }
    context.addIssue('must be an ISO 8601 time such as 2017-03-10T22:21:56Z')
    return z.NEVER
  })
  .meta({ type: 'string', format: 'date-time', description: 'When it happened; by default when it is received.' })

/** The id of a session, from Heap's SDK. */
export const sessionId = text('')
  .refine((value) => value !== '' && value.length <= IDENTITY_LENGTH, { error: 'must be 1 to 255 characters' })
  .meta({ type: 'string', minLength: 1, maxLength: IDENTITY_LENGTH })

/** The same key twice is one event. */
export const idempotencyKey = text('')
  .refine((value) => value !== '' && value.length <= IDENTITY_LENGTH, { error: 'must be 1 to 255 characters' })
  .meta({ type: 'string', minLength: 1, maxLength: IDENTITY_LENGTH, description: 'The same key twice is one event.' })

/** Properties, made flat; see {@link normaliseProperties}. */
export const properties = (owner: PropertyOwner, nested: Nested) =>
  z
    .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
      error: 'must be an object',
    })
    .transform((value, context): Properties =>
      normaliseProperties(value, { owner, nested }, (severity, path, message) => {
        if (severity === 'problem') context.addIssue({ code: 'custom', path, message })
      }),
    )
    .meta({
      type: 'object',
      description:
        'Flat: strings and numbers of up to 1024 characters. Objects inside become dotted names, booleans strings; null is left out.',
      additionalProperties: {
        anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'array' }, { type: 'object' }],
      },
    })
