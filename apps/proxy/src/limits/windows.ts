/**
 * Windows that pass or wait together, and what of them has to be stored so that a crash never lets too much through.
 *
 * A write for each hit would cost more than everything else. So what is stored says not only what has passed but also how
 * much may pass unstored, and until when. Whoever comes back from a crash counts all of that as passed, at the latest moment
 * at which it can have: it assumes the worst about what it cannot remember. Pure: the time is handed in, in ms.
 * @module
 */
import { type Entry, RollingWindow, type Window } from '@heap-edge/contract'

/** How long units may pass unstored after a write, in ms. */
export const AHEAD_MS = 10_000

/** One of several windows: Heap's limit, and how much of it may pass unstored. */
export interface Rule extends Window {
  readonly ahead: number
}

/** What is stored of the windows. */
export interface Stored {
  /** What passed, for each window. */
  logs: Entry[][]
  /** What may pass unstored: units of each window until this time. Nothing where it is missing. */
  ahead?: { counts: number[]; until: number } | undefined
}

/** What is left of one limit: units, and milliseconds until more become free. */
export interface Quota {
  remaining: number
  resetMs: number
}

/**
 * @example
 * ```ts
 * const windows = new Windows([{ limit: 30, windowMs: 30_000, ahead: 10 }], 500, 0)
 * windows.take(0, [1]) // { waitMs: 0, store: { logs: [[[0, 1]]] } }, to be stored before anybody learns of it
 * windows.take(50, [1]) // { waitMs: 0, store: { …, ahead: { counts: [10], until: 10_050 } } }
 * windows.take(90, [1]) // { waitMs: 0 }: one of the ten
 * ```
 */
export class Windows {
  readonly #rules: readonly Rule[]
  readonly #windows: RollingWindow[]
  #ahead: Stored['ahead']
  #lastAt = -Infinity

  /**
   * @param marginMs how much wider than Heap's the windows are
   * @param stored what {@link take} asked to store last
   */
  constructor(rules: readonly Rule[], marginMs: number, now: number, { logs, ahead }: Stored = { logs: [] }) {
    this.#rules = rules
    this.#windows = rules.map(({ limit, windowMs }, index) => {
      const window = new RollingWindow({ limit, windowMs: windowMs + marginMs }, logs[index])
      if (ahead) window.add(Math.min(now, ahead.until), ahead.counts[index] ?? 0)
      return window
    })
  }

  /**
   * Counts `counts[i]` against the window of `rules[i]`: all of them or, where one is used up, none.
   *
   * @returns the time to wait in ms, 0 where it may pass; and what is to be stored before it does
   */
  take(now: number, counts: readonly number[]): { waitMs: number; store?: Stored } {
    const waitMs = this.wait(now, counts)
    if (waitMs > 0) return { waitMs }
    this.add(now, counts)
    // Who came for the last time a while ago is not expected again at once: what is stored is exact then.
    const busy = now - this.#lastAt < AHEAD_MS
    this.#lastAt = now
    if (this.#passesUnstored(now, counts)) return { waitMs }
    this.#ahead = busy ? { counts: this.#rules.map(({ ahead }) => ahead), until: now + AHEAD_MS } : undefined
    return { waitMs, store: { logs: this.logs, ahead: this.#ahead && structuredClone(this.#ahead) } }
  }

  /** Milliseconds until these may pass: 0 now, Infinity never. */
  wait(now: number, counts: readonly number[]): number {
    return Math.max(...this.#windows.map((window, index) => window.wait(now, counts[index] ?? 0)))
  }

  /** Counts what passes, whatever the limits say. */
  add(now: number, counts: readonly number[]): void {
    for (const [index, window] of this.#windows.entries()) window.add(now, counts[index] ?? 0)
  }

  /** Counts what another has let through. */
  addLogs(logs: readonly Entry[][]): void {
    for (const [index, window] of this.#windows.entries()) {
      for (const [at, count] of logs[index] ?? []) window.add(at, count)
    }
  }

  /** What still counted when it was last looked at, for each window. */
  get logs(): Entry[][] {
    return this.#windows.map(({ entries }) => entries.map(([at, count]) => [at, count]))
  }

  /** Whether nothing counts any more. */
  empty(now: number): boolean {
    return this.#windows.every((window) => window.reset(now) === 0)
  }

  quotas(now: number): Quota[] {
    return this.#windows.map((window) => ({ remaining: window.remaining(now), resetMs: window.reset(now) }))
  }

  #passesUnstored(now: number, counts: readonly number[]): boolean {
    const ahead = this.#ahead
    if (!ahead || now >= ahead.until || ahead.counts.some((left, index) => left < (counts[index] ?? 0))) return false
    ahead.counts = ahead.counts.map((left, index) => left - (counts[index] ?? 0))
    return true
  }
}
