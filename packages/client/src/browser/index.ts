/**
 * heap-edge/browser: Heap's browser calls, kept in the browser until a heap-edge proxy has taken them.
 * @module
 */
export type { HeapError, HeapErrorDetails } from '../errors.ts'
export { createHeapBrowser } from './heap.ts'
export type { HeapBrowserOptions, IdentityToken } from './options.ts'
export type { StandardResult, StandardSchema } from './schema.ts'
export type { Counts, HeapBrowser, Recorded } from './types.ts'
export { version } from '../version.ts'
