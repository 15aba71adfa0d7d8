/**
 * Heap's documented limits, as constants. Every time is in milliseconds, every length in UTF-16 code units.
 * @module
 */

/** At most `limit` units in any span of `windowMs` milliseconds. */
export interface Window {
  readonly limit: number
  readonly windowMs: number
}

/** Records in one bulk request. developers.heap.io/reference/bulk-track, bulk-add-user-properties, bulk-add-account-properties */
export const RECORDS_PER_REQUEST = 1000

/** Users in one deletion request. developers.heap.io/reference/user-deletion */
export const USERS_PER_DELETION = 10_000

/** Requests for one identity in one environment. developers.heap.io/reference/track-1, add-user-properties */
export const REQUESTS_PER_IDENTITY = { limit: 30, windowMs: 30_000 } as const satisfies Window

/** Events for one identity in one environment. developers.heap.io/reference/bulk-track */
export const EVENTS_PER_IDENTITY = { limit: 1000, windowMs: 60_000 } as const satisfies Window

/** Events for one environment. developers.heap.io/reference/bulk-track */
export const EVENTS_PER_APP = { limit: 15_000, windowMs: 60_000 } as const satisfies Window

/** user_ids that may be joined to one identity; further ones are ignored. developers.heap.io/reference/identify-1 */
export const USER_IDS_PER_IDENTITY = { limit: 10, windowMs: 30 * 24 * 3_600_000 } as const satisfies Window

/** Characters of an event name, server side. developers.heap.io/reference/track-1 */
export const EVENT_NAME_LENGTH = 1024

/** Characters of an identity. developers.heap.io/reference/track-1; 255 itself is allowed, as Heap's own clients do */
export const IDENTITY_LENGTH = 255

/** The largest user_id, 2^53 - 1. developers.heap.io/reference/identify-1 */
export const USER_ID_MAX = Number.MAX_SAFE_INTEGER

/** Characters of a property name; longer ones are refused. developers.heap.io/reference/track-1 */
export const PROPERTY_KEY_LENGTH = 1024

/** From here on a property name is unknown to Heap's browser and mobile SDKs: a warning. developers.heap.io/docs/api-reference */
export const PROPERTY_KEY_WARNING_LENGTH = 512

/** Characters of a property value; longer ones are cut here, as Heap does. developers.heap.io/reference/track-1 */
export const PROPERTY_VALUE_LENGTH = 1024

/** Levels of nested objects that are flattened to dotted names. Ours: Heap takes flat properties only. */
export const PROPERTY_DEPTH = 8

/** Bytes of one request body. Ours; Heap documents none. Its own mobile SDK cuts batches at this size. */
export const BODY_BYTES = 1_000_000

/** Life of an access token. help.heap.io, "User Deletion with Postman" */
export const TOKEN_LIFETIME_MS = 5 * 60_000

/** Shortest idempotency_key on the partner endpoints. Heap's own Segment destination */
export const PARTNER_IDEMPOTENCY_KEY_LENGTH = 8
