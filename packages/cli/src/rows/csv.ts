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
  const first = await firstLine(texts)
  if (first.trim() === '') throw new Failure('The file is empty; a header with the names of the columns was expected.')
  /** Rows that csv-parse leaves out. It tells of them before it hands out the rows in front of them. */
  const skipped: CsvError[] = []
  const parser = parse({
    delimiter: delimiterOf(first),
    info: true,
    max_record_size: ROW_CHARACTERS,
    relax_column_count: true,
    // A quote that stands where none should is a character like any other.
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => void (error && skipped.push(error)),
  })
  async function* all() {
    yield first
    yield* { [Symbol.asyncIterator]: () => texts }
  }
  const source = Readable.from(all())
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)

  let header: string[] | undefined
  let rows: Row[] = []
  let twice = 0
  for await (const { record, info } of parser as AsyncIterable<Parsed>) {
    if (header === undefined) {
      header = headerOf(record)
      onHeader(header)
      continue
    }
    // A line break of two characters within a cell is counted twice by csv-parse.
    const row = rowOf(record, header, info.lines - twice)
    twice += breaks(record, '\r\n')
    for (let error; (error = skipped[0]) && lineOf(error) < row.line; skipped.shift()) rows.push(skippedRow(error))
    rows.push(row)
    if (rows.length < BATCH) continue
    yield rows
    rows = []
  }
  const open = skipped.find(({ code }) => code === 'CSV_QUOTE_NOT_CLOSED')
  rows.push(...skipped.filter((error) => error !== open).map(skippedRow))
  if (rows.length > 0) yield rows
  if (open) {
    const [, line] = /at line (\d+)/.exec(open.message) ?? []
    throw new Failure(`The quote that opens in line ${line} is never closed; the rows before it are imported.`)
  }
}

/** Texts until there is a whole line. */
async function firstLine(texts: AsyncIterator<string>): Promise<string> {
  let text = ''
  while (!text.includes('\n') && text.length < ROW_CHARACTERS) {
    const next = await texts.next()
    if (next.done) break
    text += next.value
  }
  return text
}

const lineOf = ({ lines }: CsvError) => Number(lines)

function skippedRow(error: CsvError): Row {
  return { line: lineOf(error), problem: reasonOf(error) }
}

/** A row; an empty cell is a column that it does not have. */
function rowOf(record: string[], header: string[], endLine: number): Row {
  const line = endLine - breaks(record, '\n') - breaks(record, '\r\n')
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

/** How many of these line breaks there are within the cells. */
function breaks(record: string[], kind: string): number {
  return record.reduce((sum, cell) => (cell.includes(kind) ? sum + cell.split(kind).length - 1 : sum), 0)
}

function reasonOf({ code }: CsvError): string {
  if (code === 'CSV_MAX_RECORD_SIZE') return `has more than ${ROW_CHARACTERS} characters; is a quote not closed?`
  return 'is no valid CSV'
}
