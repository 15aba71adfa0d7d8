/**
 * heap-edge/browser: Heap's browser calls, sent to a heap-edge proxy and by a remembered visitor.
 * @module
 */
import { HeapRequestError, isHeapRequestError } from '../errors.ts'
import { createHeap } from '../heap.ts'
import type { HeapOptions } from '../options.ts'
import type { AnyEvents, EventMap, InputProperties, TrackRecord } from '../records.ts'
import type { RecordResult } from '../results.ts'
import { randomUserId, rememberVisitor, type VisitorStorage } from './visitor.ts'

export { version } from '../version.ts'
export type { VisitorStorage } from './visitor.ts'

/** The options of `createHeap`, and what a page needs beside them. */
export type HeapBrowserOptions = Omit<HeapOptions, 'region'> & {
  /** A heap-edge proxy. Heap's own API takes no requests from pages. */
  endpoint: string | URL
  /** Where the visitor is kept. Default `localStorage`, or memory where it is refused. */
  storage?: VisitorStorage
  /** A new visitor's user_id. Default: 53 random bits as digits. */
  userId?: () => string
}

/** What {@link createHeapBrowser} makes. The promises are those of the client: they reject with its errors. */
export interface HeapBrowser<Events extends EventMap<Events> = AnyEvents> {
  /** Sends an event of the visitor. `properties` may be left out where all of them are optional. */
  track<Name extends keyof Events & string>(
    event: Name,
    ...properties: Partial<Events[Name]> extends Events[Name] ? [properties?: Events[Name]] : [properties: Events[Name]]
  ): Promise<RecordResult>
  /**
   * Makes the visitor known. The events so far are joined to the identity, for ever; one after another identity begins a new
   * visitor first. An empty identity, or the one that is known already, does nothing.
   */
  identify(identity: string | number): Promise<RecordResult | undefined>
  /** Begins a new, anonymous visitor, as at a log-out; does nothing where the visitor is anonymous. */
  resetIdentity(): void
  /**
   * Sets properties of the visitor.
   *
   * @throws HeapRequestError where the visitor is anonymous: Heap's API takes properties of identified users only
   */
  addUserProperties(properties: InputProperties): Promise<RecordResult>
  /** Sets properties of an account. */
  addAccountProperties(accountId: string | number, properties: InputProperties): Promise<RecordResult>
  /** The visitor's identity, or null. */
  getIdentity(): string | null
  /** The visitor's user_id, digits. */
  getUserId(): string
}

/**
 * Makes the client of a page. It may be made on a server too, where the page is rendered; the calls belong in the browser,
 * where there is one visitor.
 *
 * @throws TypeError that says which option is wrong
 * @example
 * ```ts
 * const heap = createHeapBrowser({ endpoint: 'https://heap.example.com' })
 * await heap.track('Signup', { plan: 'pro' })
 * await heap.identify('alice@example.com')
 * ```
 */
export function createHeapBrowser<Events extends EventMap<Events> = AnyEvents>({
  storage,
  userId = randomUserId,
  ...options
}: HeapBrowserOptions): HeapBrowser<Events> {
  const heap = createHeap({
    // `crypto.randomUUID`, the default, is not there on a page without https.
    uuid: () => crypto.getRandomValues(new Uint32Array(4)).join('-'),
    ...options,
  })
  const visitor = rememberVisitor(() => storage ?? localStorage, userId)

  return {
    track(event, ...[properties]) {
      const { user_id, identity } = visitor.get()
      const subject = identity === undefined ? { user_id } : { identity }
      return heap.track({ event, ...subject, properties } as TrackRecord)
    },

    async identify(value) {
      const identity = String(value ?? '')
      const before = visitor.get()
      if (!identity.trim() || (identity === before.identity && before.joined)) return
      // Heap takes one identity for a user_id.
      const user_id = before.identity === undefined || before.identity === identity ? before.user_id : userId()
      const isStill = () => visitor.get().identity === identity && visitor.get().user_id === user_id
      // At once, so that the next event has it; and joined later, so that what was not posted is posted again.
      visitor.set({ user_id, identity })
      try {
        const result = await heap.identify({ user_id, identity })
        if (isStill()) visitor.set({ user_id, identity, joined: true })
        return result
      } catch (error) {
        // No event would be taken with an identity that is refused.
        if (isHeapRequestError(error) && isStill()) visitor.set({ user_id })
        throw error
      }
    },

    resetIdentity() {
      if (visitor.get().identity !== undefined) visitor.set({ user_id: userId() })
    },

    async addUserProperties(properties) {
      const { identity } = visitor.get()
      if (identity === undefined) throw new HeapRequestError('addUserProperties needs an identity: call identify first')
      return heap.addUserProperties({ identity, properties })
    },

    addAccountProperties: (account_id, properties) => heap.addAccountProperties({ account_id, properties }),
    getIdentity: () => visitor.get().identity ?? null,
    getUserId: () => visitor.get().user_id,
  }
}
