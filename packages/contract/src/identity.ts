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

/** Without what cannot be seen at its ends: blanks, control characters, zero-width characters. */
function visible(identity: string): string {
  return identity.replace(/^[\p{C}\p{Z}]+|[\p{C}\p{Z}]+$/gu, '')
}

/** Tells whether there is nothing to be seen in an identity. */
export function isBlank(identity: string): boolean {
  return visible(identity) === ''
}

/**
 * Tells whether an identity would merge people who have nothing to do with each other. Case, and what cannot be seen at its
 * ends, do not count.
 *
 * @example
 * ```ts
 * mergesPeople(' Guest ') // true
 * mergesPeople('alice@example.com') // false
 * ```
 */
export function mergesPeople(identity: string): boolean {
  return MERGING.has(visible(identity).toLowerCase())
}
