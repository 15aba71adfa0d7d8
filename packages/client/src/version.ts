/**
 * The version of this package.
 * @module
 */

/** Put in place by the build; the sources themselves have no version. */
declare const HEAP_EDGE_VERSION: string | undefined

/** As in package.json; `source` where the sources run unbuilt. */
export const version: string = typeof HEAP_EDGE_VERSION === 'string' ? HEAP_EDGE_VERSION : 'source'
