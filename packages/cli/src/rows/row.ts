/**
 * A row of a file, whatever its format.
 * @module
 */
import { parseJson } from './number.ts'

/** Columns by their names. A number that would lose digits is a BigInt, which the check refuses. */
export type Columns = Record<string, unknown>

/**
 * What stands in a row, or why nothing can be made of it; or its text, where that is a good record as it is. `line` is where it
 * begins, from 1.
 */
export type Row =
  | { line: number; columns: Columns; problem?: undefined; ready?: undefined }
  | { line: number; problem: string; ready?: undefined }
  | { line: number; problem?: undefined; ready: string; owner: string }

/** Tells whom a text is about that is a good record as it is; nothing where that has to be looked at. */
export type Ready = (text: string) => string | undefined

/** Rows that were read together. One by one they would cost more than what is done with them. */
export type Rows = AsyncIterable<Row[]>

/** Characters of one row. A body of 1 MB has to hold it; what is longer is most often a quote or a bracket that was never closed. */
export const ROW_CHARACTERS = 1_000_000

/** A row of JSON: its columns, or what is wrong. */
export function jsonRow(text: string, line: number): Row {
  if (text.includes(NOT_UTF8)) return { line, problem: 'is not valid UTF-8' }
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    return { line, problem: 'is not valid JSON' }
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { line, columns: value as Columns }
  return { line, problem: 'is no JSON object' }
}

/** What invalid bytes become when they are decoded. */
export const NOT_UTF8 = '\uFFFD'
