/**
 * What goes in: records in Heap's words, with values as a program has them. Times may be a `Date`, properties may nest.
 * @module
 */

/** A property value. `null` and `undefined` are left out, booleans become strings, objects inside become dotted names. */
export type InputValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | Date
  | readonly InputValue[]
  | { readonly [name: string]: InputValue }

/** Properties by name. */
export type InputProperties = { readonly [name: string]: InputValue }

/** Exactly one of a case-sensitive `identity` (1 to 255 characters) and a Heap `user_id` (0 to 2^53 - 1). */
export type InputSubject =
  | { identity: string | number; user_id?: undefined }
  | { user_id: string | number; identity?: undefined }

/** An event map: the properties of each event, by its name. An interface does as well. */
export type EventMap<Events> = { [Name in keyof Events]: object }

/** Without an event map: any event, any properties. */
export type AnyEvents = Record<string, InputProperties>

/** `properties` may be left out where every one of them is optional. */
type PropertiesOf<T> = Record<string, never> extends T ? { properties?: T | undefined } : { properties: T }

/**
 * One event. `timestamp` is by default the time of the call, `idempotency_key` a new one: Heap takes the same key twice as
 * one event, so give your own where the same event may be sent by two calls.
 */
export type TrackRecord<Events extends EventMap<Events> = AnyEvents> = {
  [Name in keyof Events & string]: InputSubject & {
    event: Name
    timestamp?: string | Date | undefined
    session_id?: string | undefined
    idempotency_key?: string | undefined
  } & PropertiesOf<Events[Name]>
}[keyof Events & string]

/** Properties of one identified user. */
export interface UserRecord {
  identity: string | number
  properties?: InputProperties | undefined
}

/** Properties of one account. */
export interface AccountRecord {
  account_id: string | number
  properties?: InputProperties | undefined
}

/** Joins the past events of an anonymous `user_id` to an `identity`, for ever. */
export interface IdentifyRecord {
  user_id: string | number
  identity: string | number
  timestamp?: string | Date | undefined
}
