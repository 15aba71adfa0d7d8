/**
 * What goes into the calls of heap-edge/admin, and what comes out.
 * @module
 */

/**
 * A user to delete, by exactly one of the two: a case-sensitive `identity` of 1 to 255 characters, or Heap's own `user_id`, a
 * whole number from 0 to 2^53 - 1, also as a string of digits.
 */
export type DeletableUser =
  | { identity: string; user_id?: undefined }
  | { user_id: string | number; identity?: undefined }

/** How far Heap is with a deletion. */
export interface DeletionStatus {
  deletion_request_id: string
  /** `pending` or `complete`; Heap documents no other, and one that comes is passed on as it is. */
  status: string
}

/** One request of a deletion, as Heap took it. */
export interface DeletionRequest extends DeletionStatus {
  /** How many users of the list it holds. */
  users: number
}

/** Of `deleteUsers`. */
export interface DeleteUsersOptions {
  /** Ends the call, waiting included. A request that was under way may have been taken. */
  signal?: AbortSignal | undefined
  /** Told of each request as soon as Heap has taken it, so that its id can be kept before the next one is sent. */
  onSubmitted?: ((request: DeletionRequest) => void) | undefined
}

/** Of `waitForDeletion`. */
export interface WaitOptions {
  /** Ends the waiting, with the signal's reason. The deletion itself goes on. */
  signal?: AbortSignal | undefined
  /** Milliseconds from the end of one round of questions to the next. Default 600 000: Heap asks for ten minutes. */
  every?: number
  /** Milliseconds for all of it: no question is asked later. Default 86 400 000, a day; most deletions take up to 4 hours. */
  timeout?: number
  /** Told of every status that Heap answers with. */
  onStatus?: ((status: DeletionStatus) => void) | undefined
}

/** Of `request`. */
export interface RequestOptions {
  /** What stands after the `?`; what is undefined is left out. */
  query?: Record<string, string | number | boolean | undefined>
  /** Sent as JSON; nothing is sent where it is undefined. */
  body?: unknown
  /** `token`: with the access token. `none`: without any credentials, as Heap's ingestion routes take it. Default `token`. */
  auth?: 'token' | 'none'
  /** Ends the call, waiting included. What was under way may have arrived. */
  signal?: AbortSignal | undefined
}

/** Of `accessToken`. */
export interface AccessTokenOptions {
  /** A token that was answered 401: another one is got in its place. */
  refused?: string | undefined
  /** Ends the call. */
  signal?: AbortSignal | undefined
}

/** A good answer to `request`. */
export interface HeapAnswer {
  /** 200 to 299. */
  status: number
  headers: Headers
  /** What its JSON says; the text itself where it is none, and '' where it is empty. */
  body: unknown
}
