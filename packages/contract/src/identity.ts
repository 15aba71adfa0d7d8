/**
 * Identities that are no identity: Heap would merge everybody who carries one into a single user, irreversibly.
 * docs.heap.io/reference (identify); heap-api section 1.5.
 * @module
 */
const MERGING = new Set([
  'undefined',
  'null',
  'nan',
  'none',
  'nil',
  'true',
  'false',
  'anonymous',
  'anon',
  'guest',
  'user',
  'unknown',
  'n/a',
  '[object object]',
])

/**
 * Tells whether an identity would merge people who have nothing to do with each other. Case and blanks do not count.
 *
 * @example
 * ```ts
 * mergesPeople(' Guest ') // true
 * mergesPeople('alice@example.com') // false
 * ```
 */
export function mergesPeople(identity: string): boolean {
  return MERGING.has(identity.trim().toLowerCase())
}
