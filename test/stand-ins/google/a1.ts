/**
 * Reads A1 notation. developers.google.com/workspace/sheets/api/guides/concepts
 * @module
 */
import { stop } from '../server.ts'
import type { Box, Worksheet } from './grid.ts'
import { badRequest } from './problems.ts'

const CELLS = /^(?:([A-Z]{1,3})?(\d+)?)(?::([A-Z]{1,3})?(\d+)?)?$/

/** The worksheet and the part of it that a range names; of an open end, all that the grid has. */
export function parseRange(range: string, worksheets: readonly Worksheet[]): { sheet: Worksheet; box: Box } {
  const cannot = (): never => stop(badRequest(`Unable to parse range: ${range}`))
  const [, quoted, plain, rest = ''] = /^(?:'((?:[^']|'')+)'|(\w+))(?:!(.+))?$/.exec(range) ?? []
  const title = quoted?.replaceAll("''", "'") ?? plain
  const sheet = worksheets.find((worksheet) => worksheet.title === title)
  if (!sheet) return cannot()
  const found = CELLS.exec(rest)
  if (!found) return cannot()
  const [, fromColumn, fromRow, toColumn, toRow] = found
  const single = rest !== '' && !rest.includes(':')
  if (single && (fromColumn === undefined || fromRow === undefined)) return cannot()
  const box = {
    top: fromRow === undefined ? 0 : Number(fromRow) - 1,
    left: fromColumn === undefined ? 0 : columnOf(fromColumn),
    bottom: single ? Number(fromRow) - 1 : toRow === undefined ? sheet.rowCount - 1 : Number(toRow) - 1,
    right: single ? columnOf(fromColumn ?? '') : toColumn === undefined ? sheet.columnCount - 1 : columnOf(toColumn),
  }
  if (box.top >= sheet.rowCount || box.left >= sheet.columnCount) {
    const { rowCount, columnCount } = sheet
    stop(badRequest(`Range (${range}) exceeds grid limits. Max rows: ${rowCount}, max columns: ${columnCount}`))
  }
  return { sheet, box }
}

/** A box as Google writes it. */
export function rangeText({ title }: Worksheet, { top, left, bottom, right }: Box): string {
  const name = /^[A-Za-z_]\w*$/.test(title) ? title : `'${title.replaceAll("'", "''")}'`
  return `${name}!${lettersOf(left)}${top + 1}:${lettersOf(right)}${bottom + 1}`
}

function columnOf(letters: string): number {
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

function lettersOf(column: number): string {
  let letters = ''
  for (let left = column + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters
  }
  return letters
}
