/**
 * The calls of a page, in Heap's words.
 * @module
 */
import type { HeapError } from '../errors.ts'
import type { AnyEvents, EventMap, InputProperties } from '../records.ts'

/**
 * What a call came to: the record is stored and will be sent, also by a later page; it is refused, which `onError` is told too;
 * or there was nothing to do, or no consent to do it.
 */
export type Recorded = { outcome: 'stored' } | { outcome: 'rejected'; error: HeapError } | { outcome: 'ignored' }

/** What has become of the records of this page. */
export interface Counts {
  /** Heap has them, or they are safe in the proxy's outbox. */
  sent: number
  /** Refused for good, here or by the proxy; `onError` was told. */
  rejected: number
  /** The oldest of any page, because the queue was full; `onError` was told. */
  dropped: number
  /** Not sent yet, of all pages. */
  waiting: number
}

/**
 * The client of a page. No call throws, and no promise rejects. On a server, where pages are rendered, all of it does nothing.
 */
export interface HeapBrowser<Events extends EventMap<Events> = AnyEvents> {
  /**
   * Tracks an event of the visitor, with the event properties. `properties` may be left out where all of them are optional.
   *
   * @returns as soon as the event is stored, so that it may be awaited before the page changes, also offline
   */
  track: <Name extends keyof Events & string>(
    event: Name,
    ...properties: Record<string, never> extends Events[Name] ? [properties?: Events[Name]] : [properties: Events[Name]]
  ) => Promise<Recorded>
  /**
   * Makes the visitor known. The events so far are joined to the identity, for ever; another identity than before is a new
   * visitor, in a new session. Nothing happens for an empty one, or for the one that is known already.
   */
  identify: (identity: string | number) => Promise<Recorded>
  /** Begins a new, anonymous visitor and a new session, as at a log-out; does nothing where the visitor is anonymous. */
  resetIdentity: () => void
  /** Sets properties of the visitor. Of an anonymous one they are kept here until `identify`, since Heap's API takes none. */
  addUserProperties: (properties: InputProperties) => Promise<Recorded>
  /** Sets properties that go with every event from now on, on later pages too. Those of `track` itself come first. */
  addEventProperties: (properties: InputProperties) => void
  /** Takes one of them away. */
  removeEventProperty: (name: string) => void
  /** Takes all of them away. */
  clearEventProperties: () => void
  /** Sets properties of an account. */
  addAccountProperties: (accountId: string | number, properties: InputProperties) => Promise<Recorded>
  /** The visitor's user_id, digits: that of Heap's own script where it is on the page. Null without consent and on a server. */
  getUserId: () => string | null
  /** The visitor's identity, or null. */
  getIdentity: () => string | null
  /** The session's id, digits. A session ends after 30 minutes without an event. */
  getSessionId: () => string | null
  /** There is consent: begins to track, also after `stopTracking`. */
  startTracking: () => void
  /** There is no consent any more: forgets the queue and the ids, in every tab, and tracks nothing until `startTracking`, on later pages too. */
  stopTracking: () => void
  /** Calls back once the client is loaded. */
  onReady: (callback: () => void) => void
  /** Sends what waits, without waiting for more; what cannot be sent now goes on waiting. Tells what has become of all. */
  flush: () => Promise<Counts>
}
