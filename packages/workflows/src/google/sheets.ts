/**
 * The calls of the Google Sheets API. developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values
 * @module
 */
import { ActionError } from '../errors.ts'
import { failure, jsonOf } from '../failure.ts'
import type { CallOptions } from '../options.ts'
import { ask } from '../request.ts'
import type { Account } from './account.ts'
import { MOST_COLUMNS, rangeOf } from './a1.ts'
import type { Cell } from './cells.ts'
import { accessToken, forget } from './token.ts'

/** One worksheet of one spreadsheet, and who writes to it. */
export interface Place {
  action: string
  account: Account
  /** Without a slash at the end. */
  baseUrl: string
  spreadsheetId: string
  worksheet: string
}

/** What Google recommends for a request at most; developers.google.com/workspace/sheets/api/limits */
const MOST_BYTES = 2_000_000
/** The column of a full sheet is longer than that. */
const MOST_ANSWER_BYTES = 20_000_000

/**
 * @param path below the spreadsheet, encoded
 * @throws ActionError: 401 may be retried where the token was an old one, which is forgotten
 */
async function call(
  { action, account, baseUrl, spreadsheetId }: Place,
  path: string,
  options: CallOptions,
  send?: { method: 'POST' | 'PUT'; body: object },
): Promise<Record<string, unknown>> {
  const body = send && JSON.stringify(send.body)
  if (body !== undefined && new TextEncoder().encode(body).length > MOST_BYTES) {
    throw new ActionError(action, `the rows are more than ${MOST_BYTES} bytes: append fewer at once`, {
      retryable: false,
    })
  }
  const token = await accessToken(action, account, options)
  const asked = {
    action,
    of: 'Google Sheets',
    url: `${baseUrl}/v4/spreadsheets/${spreadsheetId}${path}`,
    headers: { Authorization: `Bearer ${token.text}`, ...(send && { 'Content-Type': 'application/json' }) },
    secrets: [token.text],
    mostBytes: MOST_ANSWER_BYTES,
    ...(send && body !== undefined && { method: send.method, body }),
  }
  const answer = await ask(asked, options)
  if (answer.ok) return jsonOf(asked, answer)
  if (answer.status !== 401) throw failure(asked, answer, options)
  forget(account, token)
  throw failure(asked, answer, options, { retryable: token.cached })
}

const valuesPath = (range: string) => `/values/${encodeURIComponent(range)}`

/** The cells of a row or a column, from the first to the last that is not empty; formulas by what they show. */
export async function readLine(
  place: Place,
  cells: string,
  dimension: 'ROWS' | 'COLUMNS',
  options: CallOptions,
): Promise<unknown[]> {
  const path = `${valuesPath(rangeOf(place.worksheet, cells))}?majorDimension=${dimension}`
  const { values } = await call(place, path, options)
  const [line] = Array.isArray(values) ? (values as unknown[]) : []
  return Array.isArray(line) ? line : []
}

/**
 * Writes headers as they are: one may be the name of a property that somebody else chose.
 *
 * @param cells where, as `F1:G1`
 */
export async function writeHeaders(
  place: Place,
  cells: string,
  names: readonly string[],
  options: CallOptions,
): Promise<void> {
  const range = rangeOf(place.worksheet, cells)
  await call(place, `${valuesPath(range)}?valueInputOption=RAW`, options, {
    method: 'PUT',
    body: { range, majorDimension: 'ROWS', values: [names] },
  })
}

/**
 * Appends rows to the table that has the header in it, as new rows.
 *
 * @returns where they stand now
 */
export async function appendRows(
  place: Place,
  header: string,
  values: readonly Cell[][],
  options: CallOptions,
): Promise<string> {
  const range = rangeOf(place.worksheet, header)
  const path = `${valuesPath(range)}:append?valueInputOption=USER_ENTERED&insertDataOption=INSERT_ROWS`
  const { updates } = await call(place, path, options, {
    method: 'POST',
    body: { range, majorDimension: 'ROWS', values },
  })
  return String((updates as { updatedRange?: unknown } | undefined)?.updatedRange)
}

interface SheetProperties {
  sheetId?: number
  title?: string
  gridProperties?: { columnCount?: number }
}

/**
 * Makes a worksheet at least so many columns wide: a write beyond its grid is refused.
 *
 * @throws ActionError where there is no such worksheet, or where Google has no more columns
 */
export async function widen(place: Place, columns: number, options: CallOptions): Promise<void> {
  const { action, worksheet } = place
  if (columns > MOST_COLUMNS) {
    throw new ActionError(action, `a worksheet has at most ${MOST_COLUMNS} columns`, { retryable: false })
  }
  const fields = encodeURIComponent('sheets.properties(sheetId,title,gridProperties.columnCount)')
  const { sheets } = (await call(place, `?fields=${fields}`, options)) as {
    sheets?: { properties?: SheetProperties }[]
  }
  const found = (Array.isArray(sheets) ? sheets : []).find(({ properties }) => properties?.title === worksheet)
  const { sheetId, gridProperties } = found?.properties ?? {}
  if (sheetId === undefined) {
    throw new ActionError(action, 'the spreadsheet has no worksheet of this name', { retryable: false })
  }
  const missing = columns - (gridProperties?.columnCount ?? 0)
  if (missing <= 0) return
  const request = { appendDimension: { sheetId, dimension: 'COLUMNS', length: missing } }
  await call(place, ':batchUpdate', options, { method: 'POST', body: { requests: [request] } })
}
