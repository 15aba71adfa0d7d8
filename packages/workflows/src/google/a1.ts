/**
 * A1 notation. developers.google.com/workspace/sheets/api/guides/concepts
 * @module
 */

/** Columns that a worksheet may have, A to ZZZ. support.google.com/drive/answer/37603 */
export const MOST_COLUMNS = 18_278

/**
 * A range of a worksheet. Its name is always quoted: unquoted, one such as `A1` or `Q3` would be a cell, and one that is also the
 * name of a range would be that range.
 *
 * @example
 * ```ts
 * rangeOf("Jon's leads", 'A1:C1') // "'Jon''s leads'!A1:C1"
 * ```
 */
export function rangeOf(worksheet: string, cells: string): string {
  return `'${worksheet.replaceAll("'", "''")}'!${cells}`
}

/**
 * The letters of a column, by its place from 0.
 *
 * @example
 * ```ts
 * columnName(0) // 'A'
 * columnName(26) // 'AA'
 * ```
 */
export function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26))
  return index < 26 ? letter : columnName(Math.floor(index / 26) - 1) + letter
}
