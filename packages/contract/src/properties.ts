/**
 * What may stand in `properties`, and what becomes of the rest.
 * Rules: heap-api section 1.4 and 13 (rows 2, 5 to 10, 29).
 * @module
 */
import { PROPERTY_DEPTH, PROPERTY_KEY_LENGTH, PROPERTY_KEY_WARNING_LENGTH, PROPERTY_VALUE_LENGTH } from './limits.ts'
import type { Properties, PropertyValue } from './types.ts'

/** Whose properties: on users, `id` and `user_id` clash with Heap's own, and `email` is built in. */
export type PropertyOwner = 'event' | 'user' | 'account'

/** What to do with an object inside `properties`: `flatten` to dotted names, or `refuse` as Heap's own clients do. */
export type Nested = 'flatten' | 'refuse'

/** Told of each finding, with the path from the properties object to it. */
export type Report = (severity: 'problem' | 'warning', path: string[], detail: string) => void

/**
 * Cuts a string to `length` UTF-16 code units without splitting a grapheme.
 *
 * @example
 * ```ts
 * truncate('ab👍🏽', 3) // 'ab'
 * ```
 */
export function truncate(text: string, length: number): string {
  if (text.length <= length) return text
  const start = new Intl.Segmenter().segment(text).containing(length)?.index
  return text.slice(0, start || length)
}

/**
 * Turns any JSON object into properties that Heap takes: nested objects become dotted names, booleans become strings,
 * null goes, long values are cut. What cannot be mended is reported as a problem; the result is then not to be used.
 */
export function normaliseProperties(
  input: Record<string, unknown>,
  { owner, nested }: { owner: PropertyOwner; nested: Nested },
  report: Report,
): Properties {
  const entries: [string, PropertyValue][] = []

  function scalar(value: unknown, path: string[]): string | number | undefined {
    if (typeof value === 'boolean') return String(value)
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return value
      report('problem', path, 'must be a finite number')
    } else if (typeof value === 'string') {
      if (value.length > PROPERTY_VALUE_LENGTH) {
        report('warning', path, `is longer than ${PROPERTY_VALUE_LENGTH} characters and is cut there`)
      }
      return truncate(value, PROPERTY_VALUE_LENGTH)
    } else if (value != null) {
      report('problem', path, 'must be a string, a number or a boolean')
    }
  }

  function visit(value: unknown, key: string, path: string[]): void {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      if (nested === 'refuse') return report('problem', path, 'must be a string or a number, not an object')
      if (path.length >= PROPERTY_DEPTH)
        return report('problem', path, `is nested deeper than ${PROPERTY_DEPTH} levels`)
      for (const [name, inner] of Object.entries(value)) visit(inner, `${key}.${name}`, [...path, name])
      return
    }
    const plain = Array.isArray(value)
      ? value.map((item, index) => scalar(item, [...path, String(index)])).filter((item) => item !== undefined)
      : scalar(value, path)
    if (plain === undefined || !key.trim()) return
    checkKey(key, path)
    entries.push([key, plain])
  }

  function checkKey(key: string, path: string[]): void {
    if (key.length > PROPERTY_KEY_LENGTH) {
      report('problem', path, `has a name of more than ${PROPERTY_KEY_LENGTH} characters`)
    } else if (key.length > PROPERTY_KEY_WARNING_LENGTH) {
      report(
        'warning',
        path,
        `has a name of more than ${PROPERTY_KEY_WARNING_LENGTH} characters, which Heap's own SDKs drop`,
      )
    }
    if (owner !== 'user') return
    const lower = key.toLowerCase()
    if (lower === 'id' || key === 'user_id') report('problem', path, `"${key}" is reserved by Heap for users`)
    if (lower === 'email' && key !== 'email') {
      report('warning', path, 'only "email" in lower case is Heap\'s built-in Email; this makes a second property')
    }
  }

  for (const [key, value] of Object.entries(input)) visit(value, key, [key])
  // Unlike an assignment, this makes "__proto__" a property like any other.
  return Object.fromEntries(entries)
}
