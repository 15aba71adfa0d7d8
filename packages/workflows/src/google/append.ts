/**
 * Rows at the end of a Google Sheet, each value under the header of its name.
 * @module
 */
import { ActionError } from '../errors.ts'
import { type CallOptions, checksOf, defineAction } from '../options.ts'
import { columnName, MOST_COLUMNS } from './a1.ts'
import { readAccount, type ServiceAccount } from './account.ts'
import type { CellValue } from './cells.ts'
import { layOut, type Layout, LayoutError } from './columns.ts'
import { appendRows, type Place, readLine, widen, writeHeaders } from './sheets.ts'

/** What is known beforehand. */
export interface AppendSettings {
  /** The key file, whole, as an object or as its text. */
  serviceAccount: ServiceAccount | string
  /** What stands after `/d/` in the spreadsheet's address. */
  spreadsheetId: string
  /** The name of the tab, 1 to 100 characters. */
  worksheet: string
  /**
   * The name of a column whose value tells rows apart. A row whose value stands there already is left out, which makes a repeat
   * harmless. It costs one more read, of that column.
   */
  unique?: string | undefined
  /** A row with new names is refused where the sheet would get more columns than that. Default 256, at most 18 278. */
  maxColumns?: number | undefined
  /** Default `https://sheets.googleapis.com`. */
  baseUrl?: string | undefined
}

/** Of {@link append}. */
export interface AppendOptions extends AppendSettings, CallOptions {
  /** One row, or several: 1 to 1000 of together 2 MB, which are written all or not at all. */
  row: Readonly<Record<string, CellValue>> | readonly Readonly<Record<string, CellValue>>[]
  /** Runs what adds columns while nobody else does, under a lock of the caller's, and gives what it gives. Default: at once. */
  alone?: (<Result>(act: () => Promise<Result>) => Promise<Result>) | undefined
}

/** What {@link append} did. */
export interface Appended {
  appended: number
  /** Rows that stood there already. */
  skipped: number
  /** Headers that are new. */
  added: string[]
  /** Where the rows stand, in A1 notation; nothing where none was written. */
  range?: string
}

const action = 'googleSheets.append'
const checks = checksOf(action)
const MOST_ROWS = 1000
const MOST_UNIQUE_CHARACTERS = 1000

/**
 * Appends rows below the last one. The first row of the worksheet has the headers; a value whose name is none of them gets a new
 * column to the right of all, so that no column moves. What looks like a formula is written as text, see `toCell`.
 *
 * Called twice, the rows are there twice, also where the first answer was lost: give `unique`, and a value that is the same each
 * time, such as the workflow's instance id.
 *
 * Google cannot add a column and a row in one step. Two calls at the same time that both bring new names may therefore give the
 * same column to two of them, and values get under a wrong header. With `alone` they do not, as long as all who append to the
 * worksheet share its lock; it is asked only where a name is new, and then the sheet is looked at again, for what others added.
 *
 * Google takes 60 reads and 60 writes a minute from an account. A call is one of each, with new columns four and three; `unique`
 * is a read more each time that the sheet is looked at.
 *
 * @throws ActionError that may be retried for 429, 5xx, where no answer came, and for 401 where the token was an old one. 403: the
 *   sheet is not shared with the account's address. 404: no such spreadsheet. 400: no such worksheet, or more than the 10 000 000
 *   cells that a spreadsheet may have
 * @throws OptionError
 * @throws what `alone` throws
 * @example
 * ```ts
 * await googleSheets.append({
 *   serviceAccount: env.GOOGLE_SERVICE_ACCOUNT,
 *   spreadsheetId: '1AbC…',
 *   worksheet: 'Searches',
 *   unique: 'id',
 *   row: { id: instanceId, city: 'Iola', country: 'United States' },
 * })
 * ```
 */
export const append = defineAction(
  (settings: AppendSettings) => {
    const { serviceAccount, spreadsheetId, worksheet, unique, maxColumns, baseUrl } = settings
    readAccount(action, serviceAccount)
    const id = typeof spreadsheetId === 'string' && /^[\w-]{1,200}$/.test(spreadsheetId)
    checks.that(id, 'spreadsheetId', 'must be the part of the address after /d/')
    checks.text('worksheet', worksheet, 100)
    if (unique !== undefined) {
      checks.text('unique', unique)
      checks.that(unique === unique.trim(), 'unique', 'must have no blanks around it')
    }
    if (maxColumns !== undefined) checks.integer('maxColumns', maxColumns, 1, MOST_COLUMNS)
    if (baseUrl !== undefined) checks.baseUrl('baseUrl', baseUrl)
  },
  async (options: AppendOptions): Promise<Appended> => {
    const { baseUrl = 'https://sheets.googleapis.com', spreadsheetId, worksheet, alone = atOnce } = options
    checks.call(options)
    checks.that(typeof alone === 'function', 'alone', 'must be a function')
    const rows = rowsOf(options)
    const given = Array.isArray(options.row) ? options.row.length : 1
    const place: Place = {
      action,
      account: readAccount(action, options.serviceAccount),
      baseUrl: checks.baseUrl('baseUrl', baseUrl),
      spreadsheetId,
      worksheet,
    }
    const write = async (layout: Layout): Promise<Appended> => {
      const { header, added, cells } = layout
      const skipped = given - cells.length
      if (cells.length === 0) return { appended: 0, skipped, added: [] }
      if (added > 0) await addHeaders(place, layout, options)
      const range = await appendRows(place, `A1:${columnName(header.length - 1)}1`, cells, options)
      return { appended: cells.length, skipped, added: header.slice(header.length - added), range }
    }
    const layout = await look(place, rows, options)
    // Columns are only ever added to the right, so that a row whose columns are there needs no lock.
    if (layout.added === 0) return write(layout)
    return alone(async () => write(await look(place, rows, options)))
  },
)

const atOnce: NonNullable<AppendOptions['alone']> = async (act) => act()

function rowsOf({ row, unique }: AppendOptions): Readonly<Record<string, CellValue>>[] {
  const rows = Array.isArray(row) ? (row as Record<string, CellValue>[]) : [row as Record<string, CellValue>]
  const good = rows.every((row) => typeof row === 'object' && row !== null && Object.keys(row).length > 0)
  checks.that(
    good && rows.length > 0 && rows.length <= MOST_ROWS,
    'row',
    `must be 1 to ${MOST_ROWS} objects with values`,
  )
  if (unique === undefined) return rows
  const told = rows.map((row) => row[unique])
  const texts = told.every(
    (value) => typeof value === 'string' && value !== '' && value.length <= MOST_UNIQUE_CHARACTERS,
  )
  checks.that(texts, 'row', `must have 1 to ${MOST_UNIQUE_CHARACTERS} characters in the column that is unique`)
  // Of several with the same value the first one counts, as it would in calls of their own.
  return rows.filter((row, index) => told.indexOf(row[unique]) === index)
}

/** How those of the rows that are not there yet go into the worksheet as it is now. */
async function look(place: Place, rows: readonly Record<string, CellValue>[], options: AppendOptions): Promise<Layout> {
  const { unique } = options
  const header = await readLine(place, '1:1', 'ROWS', options)
  if (unique === undefined) return laidOut(header, rows)
  const known = await valuesUnder(place, header, unique, options)
  const fresh = rows.filter((row) => !known.has(row[unique]))
  return laidOut(header, fresh, unique)
}

/** The texts below a header; none where it is not there. */
async function valuesUnder(place: Place, header: unknown[], name: string, options: CallOptions): Promise<Set<unknown>> {
  const at = header.findIndex((cell) => String(cell).trim() === name)
  if (at === -1) return new Set()
  const letters = columnName(at)
  const column = await readLine(place, `${letters}:${letters}`, 'COLUMNS', options)
  return new Set(column.slice(1))
}

function laidOut(header: unknown[], rows: readonly Record<string, CellValue>[], unique?: string): Layout {
  try {
    return layOut(header, rows, unique)
  } catch (error) {
    throw error instanceof LayoutError ? new ActionError(action, error.message, { retryable: false }) : error
  }
}

/** Writes the new headers, and looks whether they stand where their values will go. */
async function addHeaders(place: Place, { header, added }: Layout, options: AppendOptions): Promise<void> {
  const { maxColumns = 256 } = options
  if (header.length > maxColumns) {
    const message = `the sheet would get ${header.length} columns, more than maxColumns (${maxColumns})`
    throw new ActionError(action, message, { retryable: false })
  }
  const cells = `${columnName(header.length - added)}1:${columnName(header.length - 1)}1`
  await widen(place, header.length, options)
  await writeHeaders(place, cells, header.slice(-added), options)
  const now = await readLine(place, cells, 'ROWS', options)
  if (header.slice(-added).every((name, place) => String(now[place]) === name)) return
  throw new ActionError(action, 'somebody else wrote headers at the same time', { retryable: true })
}
