/**
 * What goes into a cell. Google reads it as if somebody had typed it (`USER_ENTERED`), so that `48` is a number and `2026-01-31` a
 * date; what others sent must not become a formula in that way.
 * @module
 */

/** A value of a row. A `Date` is written in UTC, a list with commas; null and undefined leave the cell empty. */
export type CellValue = string | number | boolean | Date | readonly (string | number)[] | null | undefined

/** A value as Google takes it. */
export type Cell = string | number | boolean

/** Characters that a cell takes. support.google.com/drive/answer/37603 */
export const MOST_CHARACTERS = 50_000

/**
 * What makes a formula of a text where somebody types it: `=` and, from older spreadsheets, `+`, `-` and `@`, also in full width
 * and behind blanks. owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[\s\p{Cc}]*[=+\-@＝＋－＠]/u
/** What begins so and is a number. With a plus in front it is rather a telephone number, which would lose it. */
const NEGATIVE_NUMBER = /^-\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?%?$/
/** Digits that a number loses: zeros in front, as of a postal code, and of 16 or more those behind the 15th. */
const LOSING_DIGITS = /^\s*-?(?:0\d+|\d{16,})\s*$/

/**
 * A text that would be a formula gets an apostrophe in front, which is how one types a text in Google Sheets: it says that what
 * follows is text, and is not part of it. So `=IMPORTXML(…)` in a form cannot send the sheet's contents away, and
 * `+1 (813) 473-3644` does not end as `#ERROR!`. A text with an apostrophe in front gets another one, or it would lose it. Digits
 * that would be another number, such as `02138`, are written as text in the same way.
 *
 * @returns nothing where it is no value, or a text of more than 50 000 characters
 * @example
 * ```ts
 * toCell('=1+1') // "'=1+1"
 * toCell('-7.5') // '-7.5', a number
 * toCell('02138') // "'02138"
 * toCell(new Date(0)) // '1970-01-01 00:00:00'
 * ```
 */
export function toCell(value: unknown): Cell | undefined {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.every(isListed) ? toCell(value.join(', ')) : undefined
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value
  // ISO 8601 itself, with its T and Z, would stay a text.
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString().slice(0, 19).replace('T', ' ')
  if (typeof value !== 'string' || value.length > MOST_CHARACTERS) return undefined
  const changes =
    value.startsWith("'") || LOSING_DIGITS.test(value) || (FORMULA.test(value) && !NEGATIVE_NUMBER.test(value))
  return changes ? `'${value}` : value
}

const isListed = (item: unknown) => typeof item === 'string' || Number.isFinite(item)

/** A text that stays what it is, also where it looks like a number or a date: by it a row is found again. */
export function toText(value: string): Cell {
  return `'${value}`
}
