/**
 * What a journal says: which chunks were begun, and how those that are done ended. It holds hashes and numbers only.
 * @module
 */
import { Failure } from '../failure.ts'
import type { Chunk } from './chunk.ts'
import type { Content } from './content.ts'
import type { Origin } from './prepare.ts'

/** The first line. */
export interface Head extends Origin {
  journal: 1
  kind: string
  /** A hash of where it goes. */
  to: string
}

/** Written before a chunk is sent. */
export type Begun = { chunk: number } & Pick<Chunk, 'first' | 'last' | 'rows' | 'sha256'>

/** How many rows came to each end, and what that took. */
export interface Counts {
  sent: number
  queued: number
  suppressed: number
  refused: number
  requests: number
  retries: number
}

/** Written when nothing of a chunk is left to be sent; `at` is the time, in ms. */
export type Done = { chunk: number; at: number } & Counts

/** Written at the end of a file. */
export type End = { at: number } & Content

export interface JournalState {
  head: Head
  begun: Map<number, Begun>
  done: Map<number, Done>
  /** The import came to the end of its file. */
  ended: boolean
  /** When, in ms, and what the file was. Journals of before do not say, nor do those of standard input. */
  end?: End
  /** Bytes until the end of the last line that is whole. */
  bytes: number
}

/** What every journal begins with. */
const BEGINNING = '{"journal":1,'

type Line = Head | Begun | Done | ({ ended: true } & Partial<End>)

/**
 * Reads a journal. Its last line may be torn, where the crash came while it was written.
 *
 * @returns nothing where not even the first line is whole
 * @throws Failure where it is another file, or any other line makes no sense
 */
export function readJournal(text: string, file: string): JournalState | undefined {
  const isJournal = text.startsWith(BEGINNING.slice(0, text.length))
  if (!isJournal) throw new Failure(`${file} is no journal of an import: name another file by --journal.`)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const [first, ...lines] = whole.split('\n').slice(0, -1)
  if (first === undefined) return
  const parse = (line: string, number: number): Line => {
    try {
      return JSON.parse(line) as Line
    } catch {
      throw new Failure(`${file} is damaged in line ${number}: look what was sent, then remove it and begin again.`)
    }
  }
  const head = parse(first, 1) as Head
  const state: JournalState = { head, begun: new Map(), done: new Map(), ended: false, bytes: Buffer.byteLength(whole) }
  for (const [index, text] of lines.entries()) {
    const line = parse(text, index + 2)
    if ('ended' in line) {
      const { at, bytes, sha256 } = line
      state.ended = true
      if (at !== undefined && bytes !== undefined && sha256 !== undefined) state.end = { at, bytes, sha256 }
    } else if ('sha256' in line) state.begun.set(line.chunk, line)
    else if ('requests' in line) state.done.set(line.chunk, line)
  }
  return state
}

/** Whether no chunk was sent to its end; one that holds refused rows only is done without a request. */
export function isUnsent({ done }: JournalState): boolean {
  return [...done.values()].every(({ requests }) => requests === 0)
}

/** The lines that the chunks which are done reach over, each as the line before the first one and the last one. */
export function doneSpans({ begun, done }: JournalState): [after: number, last: number][] {
  const spans: [number, number][] = []
  for (const { chunk, last } of begun.values()) {
    if (done.has(chunk)) spans.push([begun.get(chunk - 1)?.last ?? 0, last])
  }
  return spans
}

/**
 * What of a chunk is done already, where the journal knows it.
 *
 * @throws Failure where the chunk is another one than it was
 */
export function knownOf(chunk: Chunk, { begun, done }: JournalState): { begun: boolean; done: Done | undefined } {
  const before = begun.get(chunk.index)
  if (before && (before.sha256 !== chunk.sha256 || before.last !== chunk.last || before.first !== chunk.first)) {
    throw new Failure(
      `The rows from line ${chunk.first} on are not what they were when the import began. Give the same file and the ` +
        'same flags, or remove the journal to begin again.',
    )
  }
  return { begun: before !== undefined, done: done.get(chunk.index) }
}
