/**
 * CSV with a header. It is cut into rows here, each known by its line, so that a quote which is not closed takes no other row
 * with it; csv-parse reads their cells.
 * @module
 */
import { type Options, parse } from 'csv-parse/sync'
import { Failure } from '../failure.ts'
import { CsvCutter } from './csv-cutter.ts'
import { NOT_UTF8, type Row, ROW_CHARACTERS, type Rows } from './row.ts'

/** What separates the columns: what the first line has most of. */
function delimiterOf(text: string): string {
  const header = text.split('\n', 1)[0]?.replaceAll(/"[^"]*"/g, '') ?? ''
  const count = (delimiter: string) => header.split(delimiter).length
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best))
}

/**
 * @param onHeader told the columns before the first row
 * @throws Failure where the header makes no sense
 */
export async function* csvRows(texts: AsyncGenerator<string>, onHeader: (columns: string[]) => void): Rows {
  const first = await firstLine(texts)
  if (first.trim() === '') throw new Failure('The file is empty; a header with the names of the columns was expected.')
  const delimiter = delimiterOf(first)
  const newline = first.includes('\n') ? '\n' : '\r'
  const cutter = new CsvCutter(delimiter, newline)
  async function* pieces() {
    yield cutter.write(first)
    for await (const text of texts) yield cutter.write(text)
    yield cutter.end()
  }

  // A quote that stands where none should is a character like any other.
  const options = {
    delimiter,
    record_delimiter: newline,
    relax_column_count: true,
    relax_quotes: true,
  } satisfies Options
  let header: string[] | undefined
  for await (const piece of pieces()) {
    const records: string[][] = parse(piece.flatMap(({ text }) => text ?? []).join(newline), options)
    if (header === undefined && piece[0]) {
      const { problem } = piece.shift() as (typeof piece)[number]
      if (problem !== undefined) throw new Failure(`The header ${problem}.`)
      header = headerOf(records.shift() as string[])
      onHeader(header)
    }
    const rows = piece.map(({ line, problem }): Row => {
      if (problem !== undefined) return { line, problem }
      return rowOf(records.shift() as string[], header as string[], line)
    })
    if (rows.length > 0) yield rows
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

/** A row; an empty cell is a column that it does not have. */
function rowOf(record: string[], header: string[], line: number): Row {
  if (record.length !== header.length) {
    return { line, problem: `has ${record.length} columns where the header has ${header.length}` }
  }
  if (record.some((cell) => cell.includes(NOT_UTF8))) return { line, problem: 'is not valid UTF-8' }
  const cells = header.map((name, index) => [name, record[index] as string] as const)
  // Unlike an assignment, this makes "__proto__" a column like any other.
  return { line, columns: Object.fromEntries(cells.filter(([name, cell]) => cell !== '' && name !== '')) }
}

function headerOf(record: string[]): string[] {
  const names = record.map((name) => name.trim())
  if (names.some((name) => name.includes(NOT_UTF8))) {
    throw new Failure('The header is not valid UTF-8: save the file as UTF-8, and unpack it where it is packed.')
  }
  if (names.some((name) => name.includes('\0'))) {
    throw new Failure('The header has NUL characters: the file may be UTF-16; save it as UTF-8.')
  }
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index)
  if (twice !== undefined) throw new Failure(`The header has the column "${twice}" twice; rename one of them.`)
  return names
}
