/**
 * The Google Sheets API, as far as reading, writing and appending values go.
 * developers.google.com/workspace/sheets/api/reference/rest/v4
 * @module
 */
import { jsonOf, type Reply, type Seen, stop } from '../server.ts'
import { parseRange, rangeText } from './a1.ts'
import { type Cell, enter, read, tableIn, type Worksheet, write } from './grid.ts'
import { badRequest } from './problems.ts'

/** A spreadsheet, and with whom it is shared. */
export interface Spreadsheet {
  worksheets: Worksheet[]
  sharedWith: Map<string, 'reader' | 'writer'>
}

/** Cells that a spreadsheet may have. support.google.com/drive/answer/37603 */
const MOST_CELLS = 10_000_000

/** Which call a request is, and whether it writes. */
export function callOf({ method, path }: Seen): { id: string; rest: string; writes: boolean } | undefined {
  const [, id, rest = ''] = /^\/v4\/spreadsheets\/([\w-]+)((?:\/values\/.+|:batchUpdate)?)$/.exec(path) ?? []
  return id === undefined ? undefined : { id, rest, writes: method !== 'GET' }
}

/** Does what a request asks for. */
export function perform({ worksheets }: Spreadsheet, seen: Seen, rest: string): Reply {
  const body = () => jsonOf(seen, badRequest('Invalid JSON payload received.'))
  const [, encoded, appending] = /^\/values\/(.+?)(:append)?$/.exec(rest) ?? []
  if (rest === ':batchUpdate' && seen.method === 'POST') return resize(worksheets, body())
  if (rest === '' && seen.method === 'GET') return { status: 200, body: { sheets: worksheets.map(propertiesOf) } }
  const range = decodeURIComponent(encoded ?? '')
  if (seen.method === 'GET') return get(worksheets, range, seen.query)
  if (appending && seen.method === 'POST') return append(worksheets, range, seen.query, body())
  if (!appending && seen.method === 'PUT') return update(worksheets, range, seen.query, body())
  return stop({ status: 404, body: 'Not Found' })
}

function propertiesOf({ sheetId, title, rowCount, columnCount }: Worksheet): object {
  return { properties: { sheetId, title, gridProperties: { rowCount, columnCount } } }
}

function get(worksheets: Worksheet[], range: string, query: URLSearchParams): Reply {
  const { sheet, box } = parseRange(range, worksheets)
  const rows = read(sheet, box)
  const columns = query.get('majorDimension') === 'COLUMNS'
  const width = Math.max(0, ...rows.map((row) => row.length))
  const values = columns ? Array.from({ length: width }, (_, x) => rows.map((row) => row[x] ?? '')) : rows
  return {
    status: 200,
    body: { range, majorDimension: columns ? 'COLUMNS' : 'ROWS', ...(values.length > 0 && { values }) },
  }
}

function update(worksheets: Worksheet[], range: string, query: URLSearchParams, body: Record<string, unknown>): Reply {
  const rows = entered(body, query, range)
  const { sheet, box } = parseRange(range, worksheets)
  const width = Math.max(...rows.map((row) => row.length))
  if (rows.length > box.bottom - box.top + 1 || width > box.right - box.left + 1) {
    stop(badRequest(`Requested writing within range [${range}], but tried writing beyond it`))
  }
  write(sheet, box.top, box.left, rows)
  return { status: 200, body: { updatedRange: range, updatedRows: rows.length } }
}

function append(worksheets: Worksheet[], range: string, query: URLSearchParams, body: Record<string, unknown>): Reply {
  const rows = entered(body, query, range)
  const { sheet, box } = parseRange(range, worksheets)
  const insert = query.get('insertDataOption') ?? 'OVERWRITE'
  if (insert !== 'INSERT_ROWS' && insert !== 'OVERWRITE')
    stop(badRequest(`Invalid value at 'insert_data_option': ${insert}`))
  const table = tableIn(sheet, box)
  const top = table ? table.bottom + 1 : box.top
  const left = table ? table.left : box.left
  const width = Math.max(...rows.map((row) => row.length))
  const grown = {
    rowCount: insert === 'INSERT_ROWS' ? sheet.rowCount + rows.length : Math.max(sheet.rowCount, top + rows.length),
    columnCount: Math.max(sheet.columnCount, left + width),
  }
  grow(worksheets, sheet, grown)
  if (insert === 'INSERT_ROWS') sheet.cells.splice(top, 0, ...rows.map(() => []))
  write(sheet, top, left, rows)
  const updatedRange = rangeText(sheet, { top, left, bottom: top + rows.length - 1, right: left + width - 1 })
  const tableRange = table && rangeText(sheet, table)
  return {
    status: 200,
    body: { ...(tableRange && { tableRange }), updates: { updatedRange, updatedRows: rows.length } },
  }
}

/** The values of a write, as cells. */
function entered(body: Record<string, unknown>, query: URLSearchParams, range: string): (Cell | undefined)[][] {
  const option = query.get('valueInputOption')
  if (option !== 'RAW' && option !== 'USER_ENTERED')
    stop(badRequest("'valueInputOption' is required but not specified"))
  if (body.range !== undefined && body.range !== range) {
    stop(badRequest(`Requested writing within range [${range}], but the body has another one`))
  }
  const { values } = body
  if (!Array.isArray(values) || !values.every((row) => Array.isArray(row))) return stop(badRequest('Invalid values'))
  return (values as unknown[][]).map((row) => row.map((value) => enter(value, option)))
}

function resize(worksheets: Worksheet[], { requests }: Record<string, unknown>): Reply {
  for (const request of requests as Record<string, Record<string, unknown>>[]) {
    const { sheetId, dimension, length } = request.appendDimension ?? stop(badRequest('Invalid requests[0]'))
    const sheet = worksheets.find((worksheet) => worksheet.sheetId === sheetId)
    if (!sheet) return stop(badRequest(`Invalid requests[0].appendDimension: No grid with id: ${String(sheetId)}`))
    if (dimension !== 'COLUMNS' || !((length as number) > 0)) stop(badRequest('Invalid requests[0].appendDimension'))
    grow(worksheets, sheet, { rowCount: sheet.rowCount, columnCount: sheet.columnCount + (length as number) })
  }
  return { status: 200, body: { replies: [{}] } }
}

function grow(worksheets: Worksheet[], sheet: Worksheet, to: { rowCount: number; columnCount: number }): void {
  const others = worksheets.filter((worksheet) => worksheet !== sheet)
  const cells = [...others, to].reduce((sum, { rowCount, columnCount }) => sum + rowCount * columnCount, 0)
  if (cells > MOST_CELLS) {
    const above = `above the limit of ${MOST_CELLS} cells`
    stop(badRequest(`This action would increase the number of cells in the workbook ${above}.`))
  }
  Object.assign(sheet, to)
}
