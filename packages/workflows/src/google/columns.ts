/**
 * Which value goes under which header. Pure.
 * @module
 */
import { columnName } from './a1.ts'
import { type Cell, MOST_CHARACTERS, toCell, toText } from './cells.ts'

/** A row, as given. */
export type Row = Readonly<Record<string, unknown>>

/** How rows are written. */
export interface Layout {
  /** All headers, from column A on: first those that were there, at their places, then the new ones. */
  header: string[]
  /** How many of them are new. */
  added: number
  /** A cell for each header, for each row. */
  cells: Cell[][]
}

/** What is wrong with a header or a row. It names columns by their letters, and rows by their places, but shows no value. */
export class LayoutError extends Error {
  override name = 'LayoutError'
}

const named = (header: unknown) => String(header).trim()

/**
 * Lays rows out. A value goes under the header of its name; names that no header has become new headers to the right, in the order
 * in which they come, so that no column ever moves. Blanks around a header do not count; where two headers are the same, the
 * left one counts.
 *
 * @param header the first row of the worksheet, as it is
 * @param unique the name of the column whose cells are texts, as they are
 * @throws LayoutError
 * @example
 * ```ts
 * layOut(['city', 'time'], [{ time: '12:00', plan: 'free' }])
 * // { header: ['city', 'time', 'plan'], added: 1, cells: [['', '12:00', 'free']] }
 * ```
 */
export function layOut(header: readonly unknown[], rows: readonly Row[], unique?: string): Layout {
  const places = new Map<string, number>()
  const names = header.map((cell) => named(cell))
  for (const [place, name] of names.entries()) {
    // Google takes what stands left and right of an empty column for two tables, and would write under either.
    if (name === '') throw new LayoutError(`the header of column ${columnName(place)} is empty: give it a name`)
    if (!places.has(name)) places.set(name, place)
  }
  for (const row of rows) {
    for (const key of Object.keys(row)) {
      const name = named(key)
      if (name === '') throw new LayoutError('a value has no name')
      if (!places.has(name)) places.set(name, names.push(name) - 1)
    }
  }
  const cells = rows.map((row, index) => {
    const line = Array.from<Cell>({ length: names.length }).fill('')
    for (const [key, value] of Object.entries(row)) {
      const name = named(key)
      const cell = name === unique ? toText(String(value)) : toCell(value)
      if (cell === undefined) {
        const must = `a text of at most ${MOST_CHARACTERS} characters, a number, a boolean, a Date or a list`
        throw new LayoutError(`row ${index}: each value must be ${must}`)
      }
      line[places.get(name) as number] = cell
    }
    return line
  })
  return { header: names, added: names.length - header.length, cells }
}
