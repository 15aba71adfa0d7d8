/**
 * What a page may say about its client.
 * @module
 */
import type { HeapError } from '../errors.ts'
import type { HeapOptions } from '../options.ts'
import type { AnyEvents } from '../records.ts'
import type { StandardSchema } from './schema.ts'

/** A token that the site's back end signed for an identity, or a function that gets one. It is called again when the token is over. */
export type IdentityToken =
  | string
  | ((identity: string) => string | null | undefined | Promise<string | null | undefined>)

/** The options of `createHeapBrowser` and `load`. */
export interface HeapBrowserOptions<Events = AnyEvents> extends Pick<HeapOptions, 'appId'> {
  /** A heap-edge proxy. Heap's own API takes no requests from pages. */
  endpoint: string | URL
  /** With `required` nothing is stored and nothing sent until `startTracking()`, on each page. Default `granted`. */
  consent?: 'granted' | 'required' | undefined
  /** Tracks nobody who has Global Privacy Control on. Default true. https://www.w3.org/TR/gpc */
  respectGpc?: boolean
  /** Needed where the proxy has an `IDENTITY_SECRET`; `signIdentity` of heap-edge/admin makes tokens. */
  identityToken?: IdentityToken
  /** Checks the properties of an event before it is queued. An event without a schema is taken as it is. */
  schemas?: { [Name in keyof Events]?: StandardSchema<Events[Name]> }
  /**
   * Told of each record that is refused, with its `problems`, of records that are dropped, and of a proxy that takes nothing.
   *
   * @param record as it was to be sent; the arguments of the call where it did not come to that
   */
  onError?: (error: HeapError, record?: object) => void
  /** Records that wait at most, of all tabs; then the oldest go. Default 20 000. */
  maxQueued?: number
}
