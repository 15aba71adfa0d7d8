/**
 * CSV with a header. csv-parse reads it; this adds the line of each row, and keeps broken ones from ending all.
 * @module
 */
import { type CsvError, parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { Failure } from '../failure.ts'
import { NOT_UTF8, type Row, ROW_CHARACTERS, type Rows } from './row.ts'

/** What separates the columns: what the first line has most of. */
function delimiterOf(text: string): string {
  const header = text.split('\n', 1)[0]?.replaceAll(/"[^"]*"/g, '') ?? ''
  const count = (delimiter: string) => header.split(delimiter).length
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best))
}

/** How csv-parse hands out a row. */
interface Parsed {
  record: string[]
  info: { lines: number }
}

/** Rows so many at once. */
const BATCH = 500

/**
 * @param onHeader told the columns before the first row
 * @throws Failure where the header makes no sense, or a quote is never closed
 */
export async function* csvRows(texts: AsyncIterator<string>, onHeader: (columns: string[]) => void): Rows {
  const first = await texts.next()
  if (first.done) throw new Failure('The file is empty; a header with the names of the columns was expected.')
  const skipped: Row[] = []
  const parser = parse({
    delimiter: delimiterOf(first.value),
    info: true,
    max_record_size: ROW_CHARACTERS,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => void skipped.push({ line: Number(error?.lines ?? 0), problem: reasonOf(error) }),
  })
  const source = Readable.from(
    (async function* () {
      yield first.value
      yield* { [Symbol.asyncIterator]: () => texts }
    })(),
  )
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)

  let header: string[] | undefined
  let rows: Row[] = []
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      if (header === undefined) {
        header = headerOf(record)
        onHeader(header)
        continue
      }
      if (skipped.length > 0) rows.push(...skipped.splice(0))
      rows.push(rowOf(record, header, info.lines))
      if (rows.length < BATCH) continue
      yield rows
      rows = []
    }
  } catch (error) {
    rows.push(...skipped.splice(0))
    if (rows.length > 0) yield rows
    throw failureOf(error)
  }
  rows.push(...skipped)
  if (rows.length > 0) yield rows
}

/** A row; an empty cell is a column that it does not have. */
function rowOf(record: string[], header: string[], endLine: number): Row {
  let line = endLine
  for (const cell of record) {
    if (cell.includes('\n')) line -= cell.split('\n').length - 1
  }
  if (record.length !== header.length) {
    return { line, problem: `has ${record.length} columns where the header has ${header.length}` }
  }
  if (record.some((cell) => cell.includes(NOT_UTF8))) return { line, problem: 'is not valid UTF-8' }
  const columns: Record<string, string> = {}
  for (const [index, name] of header.entries()) {
    const cell = record[index] as string
    if (cell !== '' && name !== '') columns[name] = cell
  }
  return { line, columns }
}

function headerOf(record: string[]): string[] {
  const names = record.map((name) => name.trim())
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index)
  if (twice !== undefined) throw new Failure(`The header has the column "${twice}" twice; rename one of them.`)
  return names
}

function reasonOf(error: CsvError | undefined): string {
  if (error?.code === 'CSV_MAX_RECORD_SIZE') return `has more than ${ROW_CHARACTERS} characters; is a quote not closed?`
  if (error?.code === 'INVALID_OPENING_QUOTE') return 'has a quote within a cell that is not quoted; double it'
  if (error?.code === 'CSV_INVALID_CLOSING_QUOTE') return 'has a quote within a quoted cell; double it'
  return 'is no valid CSV'
}

function failureOf(error: unknown): unknown {
  const { code, lines } = error as { code?: string; lines?: number }
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return new Failure(`A quote before line ${lines} is never closed; the rows before it are imported.`)
  }
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return new Failure(
      `The row that ends in line ${lines} ${reasonOf(error as CsvError)} The rows before are imported.`,
    )
  }
  return error
}
