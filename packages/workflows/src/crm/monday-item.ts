/**
 * An item of monday.com as a flat record. Pure.
 * @module
 */
import { flatten, type FlatRecord } from '../flat.ts'

/** What is asked of an item. */
export interface Item {
  id?: string
  name?: string
  updated_at?: string
  column_values?: { id?: string; text?: string | null; display_value?: string | null; column?: { title?: string } }[]
}

/**
 * `id`, `name`, `updated_at`, and each column by its title. Titles may be the same, or one of those three: then the column's id
 * stands behind it.
 *
 * @example
 * ```ts
 * recordOf({ id: '1', name: 'Urbanshee', column_values: [{ id: 'status', text: 'Customer', column: { title: 'Status' } }] })
 * // { id: '1', name: 'Urbanshee', Status: 'Customer' }
 * ```
 */
export function recordOf({ id, name, updated_at, column_values }: Item): FlatRecord {
  const values = new Map<string, unknown>(Object.entries({ id, name, updated_at }))
  for (const { id, text, display_value, column } of Array.isArray(column_values) ? column_values : []) {
    const title = column?.title?.trim() || String(id)
    values.set(values.has(title) ? `${title} (${String(id)})` : title, text ?? display_value)
  }
  return flatten(Object.fromEntries(values), { depth: 0 })
}
