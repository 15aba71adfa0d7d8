/**
 * The journal on disk. A line is there before what it announces, and after what it states; those that come while others
 * are being written are written together.
 * @module
 */
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { Failure } from '../failure.ts'
import type { Chunk } from './chunk.ts'
import { unwritten } from './files.ts'
import { type Done, type End, type Head, isUnsent, type JournalState, readJournal } from './journal-state.ts'

export interface Journal {
  /** Resolves when it is on the disk. */
  begin(chunk: Chunk): Promise<void>
  /** The same. */
  done(done: Done): Promise<void>
  /** The import is complete. @param end when, and of what, where that is known */
  end(end?: End): Promise<void>
  close(): Promise<void>
}

/** Where there is nothing to go on with: standard input of which no journal is kept. */
export const noJournal: Journal = {
  begin: async () => {},
  done: async () => {},
  end: async () => {},
  close: async () => {},
}

/** What a journal on disk says; nothing where there is none. */
export async function findJournal(file: string): Promise<JournalState | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  return readJournal(text, file)
}

/** Begins a journal, or goes on with one. Without a chunk it stays empty, which is as good as none. */
export async function openJournal(file: string, head: Head, before?: JournalState): Promise<Journal> {
  const handle = await open(file, before ? 'r+' : 'w')
  // A line that was torn goes.
  if (before) await handle.truncate(before.bytes)
  const lines = new Lines(file, handle, before?.bytes ?? 0, before ? '' : lineOf(head))
  return {
    begin: ({ index, first, last, rows, sha256 }) => lines.append({ chunk: index, first, last, rows, sha256 }),
    done: (done) => lines.append(done),
    end: (end) => lines.append({ ended: true, ...end }),
    close: () => handle.close(),
  }
}

/**
 * What to begin or to go on with.
 *
 * @throws Failure where that is not what was asked for
 */
export async function beginning(
  journal: string | undefined,
  head: Head,
  resume: boolean,
): Promise<{ head: Head; before?: JournalState }> {
  if (journal === undefined) {
    if (resume) throw new Failure('--resume from standard input or a pipe needs the --journal of the first run.')
    return { head }
  }
  const before = await findJournal(journal)
  if (!before) return { head }
  const { id, kind, startedAt, to } = before.head
  // It went wrong elsewhere. With the keys of then, since another address may lead to the same environment: what has arrived
  // there without anybody's knowing is not sent twice.
  const elsewhere = kind === head.kind && to !== head.to
  if (elsewhere && !before.ended && isUnsent(before)) return { head: { ...head, id, startedAt } }
  if (!resume) {
    if (before.ended) return { head }
    throw new Failure(
      `An import of this file did not come to its end: go on with --resume, or remove ${journal} to send all of it again.`,
    )
  }
  if (kind !== head.kind) throw new Failure(`${journal} is of an import of ${kind}.`)
  if (to !== head.to) {
    throw new Failure(`${journal} is of an import to another environment or address: give the same, or remove it.`)
  }
  return { head: before.head, before }
}

class Lines {
  readonly #file: string
  readonly #handle: FileHandle
  #at: number
  #text: string
  /** The write that what is appended now goes with. */
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  /** @param text goes before the first line */
  constructor(file: string, handle: FileHandle, at: number, text: string) {
    this.#file = file
    this.#handle = handle
    this.#at = at
    this.#text = text
  }

  append(line: object): Promise<void> {
    this.#text += lineOf(line)
    this.#next ??= this.#last = this.#last.then(() => this.#write())
    return this.#next
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    this.#next = undefined
    try {
      for (let from = 0; from < bytes.length;) {
        // A disk that is almost full takes a part only.
        const { bytesWritten } = await this.#handle.write(bytes, from, bytes.length - from, this.#at)
        from += bytesWritten
        this.#at += bytesWritten
      }
      await this.#handle.datasync()
    } catch (error) {
      throw unwritten(this.#file, error)
    }
  }
}

function lineOf(line: object): string {
  return `${JSON.stringify(line)}\n`
}
