/**
 * An import from beginning to end: chunks are read, looked up in the journal, sent, and noted.
 * @module
 */
import { EXIT, Failure } from '../failure.ts'
import type { Chunk } from './chunk.ts'
import type { Content } from './content.ts'
import { release } from './http.ts'
import type { Journal } from './journal.ts'
import { type Counts, type JournalState, knownOf } from './journal-state.ts'
import { PACE_MS, type Pace } from './pace.ts'
import { type Posted, type Poster, Unfinished } from './post.ts'
import type { RefusedReport } from './report.ts'
import { Turns } from './turns.ts'

/** Chunks that are noted, or about to be, while others are sent. */
const AHEAD = 16

export interface RunOptions {
  chunks: AsyncIterable<Chunk>
  poster: Pick<Poster, 'post'>
  pace: Pace
  journal: Journal
  /** What the journal said when it was opened, where the import goes on. */
  before: JournalState | undefined
  report: RefusedReport
  /** Requests at once. */
  concurrency: number
  /** Aborted when no new chunk is to be sent. */
  stop: AbortController
  now: () => number
  /** What the file holds, where it is one. */
  content: Promise<Content | undefined>
  /** Told of each chunk that is done; of one that was done before, with `before`. */
  onDone: (chunk: Chunk, counts: Counts, before: boolean) => void
}

/**
 * @returns why it is not complete, where it is not
 */
export async function run(options: RunOptions): Promise<Error | undefined> {
  const { chunks, poster, pace, journal, before, report, concurrency, stop, now, content, onDone } = options
  const active = new Set<Promise<void>>()
  const turns = new Turns(concurrency)
  let failure: Error | undefined
  let next = 0
  const fail = (error: unknown) => {
    // What cannot be put right says more than what may go well another time.
    if (failure === undefined || (failure instanceof Unfinished && !(error instanceof Unfinished))) {
      failure = error as Error
    }
    stop.abort()
  }

  async function send(chunk: Chunk, begun: Promise<void>): Promise<void> {
    try {
      await begun
      const { refusedRows, ...counts } = await post(chunk)
      await report.add(refusedRows)
      await journal.done({ chunk: chunk.index, at: now(), ...counts })
      onDone(chunk, counts, false)
      release(chunk.body)
    } catch (error) {
      fail(error)
    }
  }

  async function post(chunk: Chunk): Promise<Posted> {
    await turns.take(chunk)
    try {
      if (stop.signal.aborted) throw new Unfinished('stopped')
      return await poster.post(chunk)
    } catch (error) {
      // Before the turn of the next one with the same owners: it would overtake what is sent another time.
      fail(error)
      throw error
    } finally {
      turns.end(chunk)
    }
  }

  try {
    for await (const chunk of chunks) {
      next = chunk.index + 1
      const known = before && knownOf(chunk, before)
      if (known?.done) {
        // What an import before has sent a moment ago still counts.
        if (now() - known.done.at < PACE_MS && chunk.rows > 0) pace.add(known.done.at, chunk)
        onDone(chunk, known.done, true)
        continue
      }
      if (known?.begun && chunk.rows > 0) pace.add(now(), chunk)
      const begun = known?.begun ? Promise.resolve() : journal.begin(chunk)
      const sending = send(chunk, begun).finally(() => active.delete(sending))
      active.add(sending)
      // So many more than are sent at once: what they wait for is the disk.
      while (active.size >= concurrency + AHEAD) await Promise.race(active)
      if (stop.signal.aborted) break
    }
  } catch (error) {
    // The file, not Heap: what was read before is sent to its end.
    failure ??= error as Error
  }
  await Promise.all(active)
  if (failure === undefined && !stop.signal.aborted) {
    if (before?.begun.has(next)) {
      return new Failure(
        'The file is shorter than when the import began: give the same one, or remove the journal.',
        EXIT.input,
      )
    }
    const held = await content
    await journal.end(held && { at: now(), ...held }).catch(fail)
  }
  return failure
}
