/**
 * What the fields of the sandbox's own bodies must be, and a sentence for who sent something else.
 * @module
 */
import { isObject } from '@heap-edge/contract'

/** One field: whether a value is right, and what it must be. */
export interface Field {
  ok: (value: unknown) => boolean
  must: string
}

/** A number within bounds. */
export const number = (from: number, to: number, whole = true): Field => ({
  ok: (value) => typeof value === 'number' && value >= from && value <= to && (!whole || Number.isInteger(value)),
  must: `must be a ${whole ? 'whole ' : ''}number from ${from} to ${to}`,
})

/** A text that is not empty. */
export const text = (length: number): Field => ({
  ok: (value) => typeof value === 'string' && value.length > 0 && value.length <= length,
  must: `must be a text of 1 to ${length} characters`,
})

/** A JSON object. */
export const object: Field = { ok: isObject, must: 'must be an object' }

/** A list of which each item is right. */
export const list = (item: Field, most: number): Field => ({
  ok: (value) => Array.isArray(value) && value.length <= most && value.every(item.ok),
  must: `must be a list of at most ${most}, each of which ${item.must}`,
})

/** What is wrong with a body, in a sentence; nothing where every field that it has is known and right. */
export function wrongIn(
  body: Record<string, unknown>,
  fields: Record<string, Field>,
  thing: string,
): string | undefined {
  for (const [key, value] of Object.entries(body)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (!field) return `${thing} has the fields ${Object.keys(fields).join(', ')}, and nothing else.`
    if (!field.ok(value)) return `${key} ${field.must}.`
  }
}
