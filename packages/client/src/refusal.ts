/**
 * What a bulk request that was refused says about one of its items.
 * @module
 */
import { type HeapErrorDetails, HeapRequestError } from './errors.ts'
import type { Ending } from './results.ts'

/**
 * The error of one item, with pointers from the item; nothing where the request was not refused because of it.
 *
 * @param at JSON pointer to the item
 * @example
 * ```ts
 * // error.problems: [{ pointer: '/events/3/properties/plan', detail: 'is bad' }]
 * refusalOf('/events/3', { outcome: 'rejected', error })?.problems // [{ pointer: '/properties/plan', detail: 'is bad' }]
 * refusalOf('/events/4', { outcome: 'rejected', error }) // undefined
 * ```
 */
export function refusalOf(at: string, { outcome, error }: Ending): HeapRequestError | undefined {
  if (outcome !== 'rejected') return
  const problems = error.problems
    .filter(({ pointer }) => `${pointer}/`.startsWith(`${at}/`))
    .map(({ pointer, detail }) => ({ pointer: pointer.slice(at.length), detail }))
  if (problems.length > 0) return new HeapRequestError(error.message, { ...(error as HeapErrorDetails), problems })
}
