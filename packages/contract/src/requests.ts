/**
 * The requests of Heap's server-side API: for each its route, its schemas and one `validate`.
 * @module
 */
import * as z from 'zod'
import * as field from './fields.ts'
import { PATHS } from './hosts.ts'
import { RECORDS_PER_REQUEST, USERS_PER_DELETION } from './limits.ts'
import { type Nested, normaliseProperties, type PropertyOwner } from './properties.ts'
import type {
  AccountProperties,
  AddAccountPropertiesRequest,
  AddUserPropertiesRequest,
  Identification,
  IdentifyRequest,
  Problem,
  Subject,
  TrackEvent,
  TrackRequest,
  UserDeletionRequest,
  UserProperties,
} from './types.ts'
import { isObject, problemsOf, toPointer, type Validation } from './validation.ts'

/** How strict the requests are. The proxy and the client protect their users; the sandbox answers as Heap does. */
export interface Rules {
  /** Refuse identities that merge people. */
  refuseMergingIdentities: boolean
  /** What to do with an object inside `properties`. */
  nested: Nested
  /** Take `user_properties` for `users`, as the input of the hosted connector was named; Heap itself knows only `users`. */
  userPropertiesKey: boolean
}

/** One request of Heap's API. `listKey` names the field that carries many records, where there is such a form. */
export interface RequestContract<Request> {
  readonly path: string
  readonly listKey?: 'events' | 'users' | 'accounts'
  readonly one?: z.ZodType<Request>
  readonly many?: z.ZodType<Request>
  /** Every problem at once, or the request as Heap takes it. Never throws, whatever it is given. */
  validate(body: unknown): Validation<Request>
  /** What will be accepted but is likely to surprise: cut values, `Email` beside `email`, very long names. */
  warnings(body: unknown): Problem[]
}

/** The two fields of which a record has exactly one. Where one of them is wrong by itself, that is problem enough. */
function exactlyOneSubject(record: { identity?: unknown; user_id?: unknown }, context: z.RefinementCtx): void {
  if (context.issues.some(({ path }) => path?.[0] === 'identity' || path?.[0] === 'user_id')) return
  const given = [record.identity, record.user_id].filter((value) => value !== undefined).length
  if (given !== 1) context.addIssue(`needs exactly one of identity and user_id, and has ${given ? 'both' : 'neither'}`)
}

/** Runs a check even where a field is wrong already, so that all problems are told at once. */
const always = { when: ({ value }: { value: unknown }) => isObject(value) }

function list<T extends z.ZodType>(key: string, item: T, most: number) {
  return z
    .array(item, { error: `must be a list of ${key}` })
    .min(1, { error: 'must not be empty' })
    .max(most, { error: `must have at most ${most} ${key}` })
}

interface Shape {
  path: string
  listKey?: 'events' | 'users' | 'accounts'
  owner?: PropertyOwner
  one?: z.ZodType
  many?: z.ZodType
}

/** The types are written by hand (the client takes them without zod), so that here is where the two are joined. */
function contract<Request>(shape: Shape): RequestContract<Request> {
  const { path, listKey, owner } = shape
  const { one, many } = shape as { one?: z.ZodType<Request>; many?: z.ZodType<Request> }
  const manyIn = (body: Record<string, unknown>) => listKey !== undefined && body[listKey] !== undefined

  return {
    path,
    ...(listKey && { listKey }),
    ...(one && { one }),
    ...(many && { many }),
    validate(body) {
      if (!isObject(body)) return { ok: false, problems: [{ pointer: '', detail: 'must be a JSON object' }] }
      const schema = (manyIn(body) || !one ? many : one) as z.ZodType<Request>
      const result = schema.safeParse(body)
      return result.success ? { ok: true, value: result.data } : { ok: false, problems: problemsOf(result.error) }
    },
    warnings(body) {
      if (!isObject(body) || !owner) return []
      const found: Problem[] = []
      const inList = manyIn(body) && listKey ? body[listKey] : undefined
      const records: unknown[] = Array.isArray(inList) ? inList : [body]
      for (const [index, record] of records.entries()) {
        if (!isObject(record) || !isObject(record.properties)) continue
        const path = inList ? [listKey as string, index, 'properties'] : ['properties']
        normaliseProperties(record.properties, { owner, nested: 'flatten' }, (severity, inner, detail) => {
          if (severity === 'warning') found.push({ pointer: toPointer([...path, ...inner]), detail })
        })
      }
      return found
    },
  }
}

/** Appends `user_properties` to `users`, and points problems at where the record was sent. */
function withUserPropertiesKey(
  users: RequestContract<AddUserPropertiesRequest>,
): RequestContract<AddUserPropertiesRequest> {
  function merged(body: unknown) {
    if (
      !isObject(body) ||
      body.user_properties === undefined ||
      (body.users !== undefined && !Array.isArray(body.users))
    ) {
      return { body, back: (problem: Problem) => problem }
    }
    const { user_properties, ...rest } = body
    const first: unknown[] = Array.isArray(body.users) ? body.users : []
    const back = (problem: Problem): Problem => {
      const [, index, tail] = /^\/users(?:\/(\d+)(.*))?$/.exec(problem.pointer) ?? []
      if (index === undefined) return { ...problem, pointer: problem.pointer.replace(/^\/users$/, '/user_properties') }
      if (Number(index) < first.length) return problem
      return { ...problem, pointer: `/user_properties/${Number(index) - first.length}${tail}` }
    }
    return {
      body: { ...rest, users: Array.isArray(user_properties) ? [...first, ...user_properties] : user_properties },
      back,
    }
  }
  return {
    ...users,
    validate(input) {
      const { body, back } = merged(input)
      const result = users.validate(body)
      return result.ok ? result : { ok: false, problems: result.problems.map(back) }
    },
    warnings(input) {
      const { body, back } = merged(input)
      return users.warnings(body).map(back)
    },
  }
}

/**
 * Makes the requests for a set of rules.
 *
 * @example
 * ```ts
 * const { track } = defineRequests({ refuseMergingIdentities: true, nested: 'flatten', userPropertiesKey: true })
 * const result = track.validate({ app_id: '12', events: [{ event: '', identity: 'guest' }] })
 * // result.problems: [{ pointer: '/events/0/event', … }, { pointer: '/events/0/identity', … }]
 * ```
 */
export function defineRequests(rules: Rules) {
  const app_id = field.appId
  const identity = field.identity(rules.refuseMergingIdentities)
  const propertiesOf = (owner: PropertyOwner) => field.properties(owner, rules.nested).optional()

  const eventFields = {
    event: field.eventName,
    identity: identity.optional(),
    user_id: field.userId.optional(),
    properties: propertiesOf('event'),
    timestamp: field.timestamp.optional(),
    session_id: field.sessionId.optional(),
    idempotency_key: field.idempotencyKey.optional(),
  }
  const userFields = { identity, properties: propertiesOf('user') }
  const accountFields = { account_id: field.accountId, properties: propertiesOf('account') }
  const subject = z
    .object({ identity: identity.optional(), user_id: field.userId.optional() }, { error: 'must be an object' })
    .superRefine(exactlyOneSubject, always)
  const record = <T extends z.ZodRawShape>(fields: T) => z.object(fields, { error: 'must be an object' })
  const event = record(eventFields).superRefine(exactlyOneSubject, always)

  const addUserProperties = contract<AddUserPropertiesRequest>({
    path: PATHS.addUserProperties,
    listKey: 'users',
    owner: 'user',
    one: record({ app_id, ...userFields }),
    many: record({
      app_id,
      users: list('users', record(userFields), RECORDS_PER_REQUEST),
    }),
  })

  return {
    track: contract<TrackRequest>({
      path: PATHS.track,
      listKey: 'events',
      owner: 'event',
      one: record({ app_id, ...eventFields }).superRefine(exactlyOneSubject, always),
      many: record({
        app_id,
        events: list('events', event, RECORDS_PER_REQUEST),
      }),
    }),
    addUserProperties: rules.userPropertiesKey ? withUserPropertiesKey(addUserProperties) : addUserProperties,
    addAccountProperties: contract<AddAccountPropertiesRequest>({
      path: PATHS.addAccountProperties,
      listKey: 'accounts',
      owner: 'account',
      one: record({ app_id, ...accountFields }),
      many: record({
        app_id,
        accounts: list('accounts', record(accountFields), RECORDS_PER_REQUEST),
      }),
    }),
    identify: contract<IdentifyRequest>({
      path: PATHS.identify,
      one: record({
        app_id,
        user_id: field.userId,
        identity,
        timestamp: field.timestamp.optional(),
      }),
    }),
    userDeletion: contract<UserDeletionRequest>({
      path: PATHS.userDeletion,
      listKey: 'users',
      many: record({ users: list('users', subject, USERS_PER_DELETION) }),
    }),
  }
}

/** All requests, for a set of rules. */
export type Requests = ReturnType<typeof defineRequests>

/** The requests as the proxy takes them: merging identities are refused, nested properties are made flat. */
export const requests: Requests = defineRequests({
  refuseMergingIdentities: true,
  nested: 'flatten',
  userPropertiesKey: true,
})

/** One record of an ingest request. */
export type IngestRecord = TrackEvent | UserProperties | AccountProperties | Identification

/** The records of a valid request, whether it is of the single or of the bulk form. */
export function recordsOf(
  request: TrackRequest | AddUserPropertiesRequest | AddAccountPropertiesRequest | IdentifyRequest,
): IngestRecord[] {
  if ('events' in request) return request.events
  if ('users' in request) return request.users
  if ('accounts' in request) return request.accounts
  return [request]
}

/** The key under which Heap counts a record against its limits; none for accounts, which have no limit. */
export function subjectKey(record: IngestRecord | Subject): string | undefined {
  if ('identity' in record && record.identity !== undefined) return `identity:${record.identity}`
  if ('user_id' in record && record.user_id !== undefined) return `user_id:${record.user_id}`
}
