/**
 * A worksheet: cells, and what Google makes of what is entered. Written without a look at the code that it tests.
 * @module
 */
import { stop } from '../server.ts'
import { badRequest } from './problems.ts'

/** A cell that is not empty. */
export type Cell = { text: string } | { number: number } | { boolean: boolean } | { formula: string }

/** A worksheet. Rows and columns are counted from 0. */
export interface Worksheet {
  sheetId: number
  title: string
  cells: (Cell | undefined)[][]
  rowCount: number
  columnCount: number
}

/** Part of a worksheet, ends included. */
export interface Box {
  top: number
  left: number
  bottom: number
  right: number
}

/** How values are read, as Google names it. */
type InputOption = 'RAW' | 'USER_ENTERED'

export function createWorksheet(sheetId: number, title: string, rows: string[][] = []): Worksheet {
  return {
    sheetId,
    title,
    cells: rows.map((row) => row.map((text) => enter(text, 'RAW'))),
    rowCount: 1000,
    columnCount: 26,
  }
}

/** What a value becomes in a cell. */
export function enter(value: unknown, option: InputOption): Cell | undefined {
  if (typeof value === 'number') return { number: value }
  if (typeof value === 'boolean') return { boolean: value }
  if (typeof value !== 'string') return stop(badRequest('Invalid values: struct_value'))
  if (value.length > 50_000) {
    stop(badRequest('Your input contains more than the maximum of 50000 characters in a single cell.'))
  }
  if (value === '') return undefined
  if (option === 'RAW') return { text: value }
  if (value.startsWith("'")) return { text: value.slice(1) }
  if (/^[=+]/.test(value)) return { formula: value }
  // Of a number Google keeps 15 digits.
  if (/^\s*-?\d+(?:\.\d+)?\s*$/.test(value)) return { number: Number(Number(value).toPrecision(15)) }
  // What else begins with a minus, such as -A1, is a formula as well.
  if (/^-[A-Za-z(]/.test(value)) return { formula: value }
  if (/^(?:true|false)$/i.test(value)) return { boolean: value.toLowerCase() === 'true' }
  return { text: value }
}

/** What a cell shows. */
export function show(cell: Cell | undefined): string {
  if (cell === undefined) return ''
  if ('text' in cell) return cell.text
  if ('number' in cell) return String(cell.number)
  return 'boolean' in cell ? String(cell.boolean).toUpperCase() : '#ERROR!'
}

const filled = ({ cells }: Worksheet, row: number, column: number) => cells[row]?.[column] !== undefined

/** The rows of a box, without what is empty at the ends. */
export function read(sheet: Worksheet, { top, left, bottom, right }: Box): string[][] {
  const rows = sheet.cells.slice(top, bottom + 1).map((row) => trimmed(row.slice(left, right + 1).map(show)))
  while (rows.at(-1)?.length === 0) rows.pop()
  return rows
}

function trimmed(row: string[]): string[] {
  return row.slice(0, row.findLastIndex((text) => text !== '') + 1)
}

/** Writes rows from a place on. */
export function write(sheet: Worksheet, top: number, left: number, rows: (Cell | undefined)[][]): void {
  for (const [y, row] of rows.entries()) {
    for (const [x, cell] of row.entries()) {
      const line = (sheet.cells[top + y] ??= [])
      line[left + x] = cell
    }
  }
  // No holes: what is between is empty.
  sheet.cells = Array.from(sheet.cells, (row) => Array.from(row ?? []))
}

/**
 * The table to which an append goes: of the data in the range, the last block that touches itself, and all that touches it.
 * developers.google.com/workspace/sheets/api/guides/values, "Append values"
 */
export function tableIn(sheet: Worksheet, range: Box): Box | undefined {
  const last = lastFilled(sheet, range)
  if (!last) return undefined
  const table = { top: last.row, bottom: last.row, left: last.column, right: last.column }
  for (let grown = true; grown;) {
    grown = false
    for (let row = Math.max(0, table.top - 1); row <= table.bottom + 1; row++) {
      for (let column = Math.max(0, table.left - 1); column <= table.right + 1; column++) {
        if (!filled(sheet, row, column) || inside(table, row, column)) continue
        table.top = Math.min(table.top, row)
        table.bottom = Math.max(table.bottom, row)
        table.left = Math.min(table.left, column)
        table.right = Math.max(table.right, column)
        grown = true
      }
    }
  }
  return table
}

const inside = ({ top, bottom, left, right }: Box, row: number, column: number) =>
  row >= top && row <= bottom && column >= left && column <= right

function lastFilled(sheet: Worksheet, { top, left, bottom, right }: Box): { row: number; column: number } | undefined {
  for (let row = Math.min(bottom, sheet.cells.length - 1); row >= top; row--) {
    for (let column = Math.min(right, (sheet.cells[row]?.length ?? 0) - 1); column >= left; column--) {
      if (filled(sheet, row, column)) return { row, column }
    }
  }
}
