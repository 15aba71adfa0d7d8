/**
 * What an import comes to, counted chunk by chunk.
 * @module
 */
import { existsSync } from 'node:fs'
import { count, type Facts, table } from '../output.ts'
import type { Chunk } from './chunk.ts'
import type { Counts } from './journal-state.ts'
import { duration, type State } from './progress.ts'
import { type Warning, Warnings } from './warnings.ts'

export class Totals {
  readonly none: Counts = { sent: 0, queued: 0, suppressed: 0, refused: 0, requests: 0, retries: 0 }
  readonly #start = performance.now()
  rows = 0
  /** Done by a run before. */
  before = 0
  readonly counts: Counts = { ...this.none }
  /** Bytes of the file until the end of what is done; in a run before: until where this one begins to send. */
  bytes = 0
  bytesBefore = 0
  /** Rows about somebody whose name begins or ends with a blank. */
  padded = 0
  readonly #warnings = new Warnings()
  /** Until when requests wait for Heap's limits, by the clock of {@link elapsedMs}. */
  waitsUntilMs = 0

  add(
    {
      rows,
      refused,
      bytesRead,
      padded,
      warned,
    }: Pick<Chunk, 'rows' | 'bytesRead' | 'padded' | 'warned'> & { refused: { length: number } },
    counts: Counts,
    before: boolean,
  ): void {
    this.rows += rows + refused.length
    this.padded += padded
    this.#warnings.add(warned)
    this.bytes = Math.max(this.bytes, bytesRead)
    for (const name of Object.keys(this.counts) as (keyof Counts)[]) this.counts[name] += counts[name]
    if (!before) return
    this.before += rows + refused.length
    this.bytesBefore = bytesRead
  }

  get elapsedMs(): number {
    return performance.now() - this.#start
  }

  /** How far it is. @param size of the file, in bytes */
  state(size: number | undefined): State {
    const { rows, bytes, elapsedMs, before: rowsBefore, bytesBefore } = this
    return { rows, bytes, size, elapsedMs, rowsBefore, bytesBefore, waitsMs: this.waitsUntilMs - elapsedMs }
  }

  /** For scripts. */
  json(): object {
    const { rows, before, counts, warnings } = this
    return { rows, ...counts, before, seconds: Math.round(this.elapsedMs / 10) / 100, warnings }
  }

  /** What may surprise in rows that are good, the most frequent first. */
  get warnings(): Warning[] {
    return this.#warnings.list()
  }

  /** For people. */
  table(): string {
    const { sent, queued, suppressed, refused, requests, retries } = this.counts
    const facts: Facts = {
      rows: this.rows,
      sent,
      queued,
      suppressed: suppressed || undefined,
      refused,
      retried: retries,
      'done before': this.before || undefined,
      requests,
      time: duration(this.elapsedMs / 1000),
    }
    return table(facts)
  }

  /** The same where nothing was sent. */
  dry(): string {
    const { refused } = this.counts
    return table({ rows: this.rows, good: this.rows - refused, refused, time: duration(this.elapsedMs / 1000) })
  }

  /** A sentence about the rows that were refused; nothing where there are none. */
  refusal(report: string): string | undefined {
    const { refused } = this.counts
    if (refused === 0) return
    const [were, them] = refused === 1 ? ['was', 'it'] : ['were', 'them']
    const why = existsSync(report) ? `${report} says why` : `the report, ${report}, is gone`
    return `${count(refused, 'row')} ${were} refused; ${why}. Put ${them} right, and import ${them} alone.`
  }

  /** The same of a dry run, whose report has warnings as well. */
  reported(report: string): string | undefined {
    const { refused } = this.counts
    if (refused > 0) return `An import leaves out ${count(refused, 'row')}; ${report} says why.`
    if (this.warnings.length > 0) return `${report} says which rows the warnings are about.`
  }

  /** What is to be known of rows that are good, and may not be what was meant. */
  notes(): string[] {
    const { queued, suppressed } = this.counts
    return [
      ...(this.padded ? [paddedNote(count(this.padded, 'row'), 'identity or account_id')] : []),
      ...this.#warnings.notes(),
      ...(queued
        ? [`Queued: safe in the proxy's outbox, and sent to Heap by itself. /admin of the proxy shows it.`]
        : []),
      ...(suppressed ? ['Suppressed: not sent, since these users are being deleted.'] : []),
    ]
  }
}

/** @param who how many rows or users have them @param field where */
export function paddedNote(who: string, field: string): string {
  return `${who} with blanks at the ends of its ${field}: to Heap that is somebody else than without.`
}
