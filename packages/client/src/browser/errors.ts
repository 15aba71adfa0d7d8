/**
 * Errors as in the core, without its classes: they are told apart by name.
 * @module
 */
import type { HeapError, HeapErrorDetails } from '../errors.ts'

/** An error for which `isHeapRequestError` of heap-edge is true. */
export function requestError(message: string, details?: HeapErrorDetails): HeapError {
  return Object.assign(Error(message), { name: 'HeapRequestError', problems: [], ...details })
}
