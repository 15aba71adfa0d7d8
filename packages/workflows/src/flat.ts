/**
 * From whatever another service sends to a flat record, as Heap's properties are. Pure.
 * @module
 */

/** A value of a flat record. Heap joins an array by `||`. */
export type FlatValue = string | number | boolean | (string | number)[]

/** Values by name; a nested one has a dotted name. */
export type FlatRecord = Record<string, FlatValue>

/** How {@link flatten} goes about it. */
export interface FlattenOptions {
  /** Levels of objects inside. Default 8. */
  depth?: number
  /** Stands before each name. */
  prefix?: string
  /** Names at any level that are left out. */
  without?: readonly string[]
}

/** More are left out, so that nobody's answer is without bounds. */
const MOST_NAMES = 1000
/** What Heap takes of a name; developers.heap.io/reference/track-1. A longer one is left out. */
const MOST_NAME_CHARACTERS = 1024

/**
 * Flattens an object. What is null, undefined, an empty string or no finite number is absent; of an array stay its strings and
 * numbers, and one with none of them is absent, too. Of two values with the same name the later one counts.
 *
 * @example
 * ```ts
 * flatten({ Name: 'Urbanshee', Phone: '', Address: { city: 'Iola', zip: null }, Tags: ['b2b'] })
 * // { Name: 'Urbanshee', 'Address.city': 'Iola', Tags: ['b2b'] }
 * ```
 */
export function flatten(source: unknown, { depth = 8, prefix = '', without = [] }: FlattenOptions = {}): FlatRecord {
  const entries: [string, FlatValue][] = []
  const walk = (value: unknown, name: string, left: number): void => {
    if (entries.length >= MOST_NAMES || name.length > MOST_NAME_CHARACTERS) return
    const leaf = leafOf(value)
    if (leaf !== undefined) entries.push([name, leaf])
    else if (isObject(value) && left > 0) walkInto(value, `${name}.`, left - 1)
  }
  const walkInto = (value: object, prefix: string, left: number): void => {
    for (const [key, inner] of Object.entries(value)) {
      if (key !== '' && !without.includes(key)) walk(inner, prefix + key, left)
    }
  }
  if (isObject(source)) walkInto(source, prefix, depth)
  // Not by assignment: a name such as __proto__ would be none then.
  return Object.fromEntries(entries)
}

function leafOf(value: unknown): FlatValue | undefined {
  if (Array.isArray(value)) {
    const kept = value.filter((item) => isText(item) || Number.isFinite(item)) as (string | number)[]
    return kept.length > 0 ? kept : undefined
  }
  return isText(value) || Number.isFinite(value) || typeof value === 'boolean' ? (value as FlatValue) : undefined
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
