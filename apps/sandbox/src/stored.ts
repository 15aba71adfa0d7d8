/**
 * From the properties of a request to those that Heap keeps (heap-api section 1.4).
 * @module
 */
import { type Properties, PROPERTY_VALUE_LENGTH, truncate } from '@heap-edge/contract'
import type { StoredProperties } from './types.ts'

/** Lists are joined with `||` and cut at 1024 characters, blank strings go. */
export function asStored(properties: Properties = {}): StoredProperties {
  const kept: [string, string | number][] = []
  for (const [key, value] of Object.entries(properties)) {
    const plain = Array.isArray(value) ? truncate(value.join('||'), PROPERTY_VALUE_LENGTH) : value
    if (typeof plain === 'number' || plain.trim() !== '') kept.push([key, plain])
  }
  // Unlike an assignment, this makes "__proto__" a property like any other.
  return Object.fromEntries(kept)
}
