/**
 * Heap's request and response bodies as plain types, exactly as they stand on the wire.
 * They name no zod type, so that the client can take them without taking zod along.
 * @module
 */

/** Heap's data centre. */
export type Region = 'us' | 'eu'

/** A property value as Heap takes it. An array is joined by Heap with `||`. */
export type PropertyValue = string | number | (string | number)[]

/** Flat properties, by name. */
export type Properties = Record<string, PropertyValue>

/** Exactly one of a case-sensitive `identity` (1 to 255 characters) and a Heap `user_id` (digits, 0 to 2^53 - 1). */
export type Subject = { identity: string; user_id?: never } | { user_id: string; identity?: never }

/** One event. `timestamp` is ISO 8601; the same `idempotency_key` twice in one environment is one event. */
export type TrackEvent = Subject & {
  event: string
  properties?: Properties
  timestamp?: string
  session_id?: string
  idempotency_key?: string
}

/** Properties of one identified user. */
export interface UserProperties {
  identity: string
  properties?: Properties
}

/** Properties of one account. */
export interface AccountProperties {
  account_id: string
  properties?: Properties
}

/** Joins the past events of an anonymous `user_id` to an `identity`, for ever. */
export interface Identification {
  user_id: string
  identity: string
  timestamp?: string
}

interface InEnvironment {
  /** The environment id, digits only. */
  app_id: string
}

/** `POST /api/track` */
export type TrackRequest = InEnvironment & (TrackEvent | { events: TrackEvent[] })
/** `POST /api/add_user_properties` */
export type AddUserPropertiesRequest = InEnvironment & (UserProperties | { users: UserProperties[] })
/** `POST /api/add_account_properties` */
export type AddAccountPropertiesRequest = InEnvironment & (AccountProperties | { accounts: AccountProperties[] })
/** `POST /api/v1/identify` */
export type IdentifyRequest = InEnvironment & Identification

/** `POST /api/public/v0/user_deletion` */
export interface UserDeletionRequest {
  users: Subject[]
}

/** Something that is wrong, and where: an RFC 6901 JSON pointer into the body that was sent, and a sentence. */
export interface Problem {
  pointer: string
  detail: string
}
