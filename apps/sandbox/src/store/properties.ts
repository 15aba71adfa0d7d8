/**
 * From the properties of a request to those that Heap keeps (heap-api section 1.4).
 * @module
 */
import { type Properties, PROPERTY_VALUE_LENGTH, truncate } from '@heap-edge/contract'
import type { StoredProperties } from '../types.ts'

/** Characters of the properties of one event, user or account, as JSON. Many more, and the database runs out of memory. */
export const MOST_CHARACTERS = 1_000_000

/** Something has more properties than the sandbox keeps. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

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

/** {@link asStored}, as it stands in the tables. */
export function storedText(properties: Properties | undefined): string {
  const text = JSON.stringify(asStored(properties))
  if (text.length > MOST_CHARACTERS) throw new TooLarge()
  return text
}

/** The end of an INSERT: the last write of a property wins, the others stay. No row is written where it would be too large. */
export const MERGE_PROPERTIES = `
  ON CONFLICT DO UPDATE SET properties = json_patch(properties, excluded.properties), last_seen = excluded.last_seen
  WHERE length(properties) + length(excluded.properties) <= ${MOST_CHARACTERS}`
