/**
 * Rows of a file of any format.
 * @module
 */
import { extname } from 'node:path'
import { Failure } from '../failure.ts'
import { arrayRows } from './array.ts'
import { csvRows } from './csv.ts'
import { lineRows } from './lines.ts'
import type { Ready, Rows } from './row.ts'
import { decode } from './text.ts'

/** What `--format` takes. */
export const FORMATS = ['csv', 'json', 'ndjson'] as const

export type Format = (typeof FORMATS)[number]

const EXTENSIONS: Record<string, Format> = { '.csv': 'csv', '.tsv': 'csv', '.ndjson': 'ndjson', '.jsonl': 'ndjson' }

/** The format that a name says; nothing where one has to look inside, as with standard input and `.json`. */
export function formatOf(file: string): Format | undefined {
  return EXTENSIONS[extname(file).toLowerCase()]
}

/** The format that the first characters show. */
export function sniff(text: string): Format {
  const [first] = text.trimStart()
  return first === '[' ? 'json' : first === '{' ? 'ndjson' : 'csv'
}

/**
 * @param format where it is known
 * @param onHeader told the columns of CSV before the first row; other formats have no header
 * @param ready knows good records of NDJSON by their text
 * @throws Failure where nothing can be made of the file
 */
export async function* readRows(
  bytes: AsyncIterable<Uint8Array>,
  format: Format | undefined,
  onHeader: (columns: string[]) => void,
  ready?: Ready,
): Rows {
  const texts = decode(bytes)
  let first = ''
  for (let next; first.trim() === '' && !(next = await texts.next()).done;) first += next.value
  // What is put back in front of the others.
  async function* all() {
    if (first !== '') yield first
    yield* texts
  }
  const known = format ?? sniff(first)
  if (known !== 'csv' && first.trim() === '') throw new Failure('The file is empty.')
  if (known === 'csv') yield* csvRows(all(), onHeader)
  else if (known === 'json') yield* arrayRows(all())
  else yield* lineRows(all(), ready)
}
