/**
 * What Heap's event webhook sends. Pure.
 * @module
 */
import { flatten, type FlatRecord } from './flat.ts'

/**
 * The properties of an event that Heap's webhook brought: whatever fields were chosen in Heap, with at most one level inside. Heap
 * sends a property that is not there as an empty string; such a one is absent. help.heap.io, "Event Webhooks Integration (beta)"
 *
 * @param body the JSON that came, whatever it is
 * @example
 * ```ts
 * flattenEvent({ event: 'Submit search form', city: 'Iola', country: '', user: { identity: 'alice@example.com', plan: '' } })
 * // { event: 'Submit search form', city: 'Iola', 'user.identity': 'alice@example.com' }
 * ```
 */
export function flattenEvent(body: unknown): FlatRecord {
  return flatten(body, { depth: 1 })
}
