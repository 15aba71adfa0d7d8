/**
 * Rolling-window arithmetic, exact and pure: in no span of `windowMs` does more than `limit` pass, and whatever would stay
 * within that passes. Times are milliseconds and are handed in; nothing here reads a clock.
 *
 * A fixed window, a token bucket or a weighted window would each let almost twice the limit through in some span.
 * @module
 */
import type { Window } from './limits.ts'

/** `count` units that passed at one time. */
export type Entry = [at: number, count: number]

/**
 * @example
 * ```ts
 * const window = new RollingWindow({ limit: 2, windowMs: 1000 })
 * window.add(0, 2)
 * window.wait(400, 1) // 600
 * window.wait(1000, 1) // 0
 * ```
 */
export class RollingWindow {
  readonly #window: Window
  /** Oldest first. */
  readonly #entries: Entry[]
  #total = 0

  /** @param entries what {@link entries} gave before, to go on from there */
  constructor(window: Window, entries: readonly Entry[] = []) {
    this.#window = window
    this.#entries = entries.map(([at, count]) => [at, count])
    for (const [, count] of entries) this.#total += count
  }

  /** What still counts, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries
  }

  /** Milliseconds until `count` more may pass: 0 now, Infinity never. */
  wait(now: number, count: number): number {
    const { limit, windowMs } = this.#window
    if (count > limit) return Infinity
    this.#forget(now)
    let excess = this.#total + count - limit
    for (const [at, units] of this.#entries) {
      if (excess <= 0) break
      excess -= units
      if (excess <= 0) return at + windowMs - now
    }
    return 0
  }

  /** Notes that `count` passed. The caller has seen that {@link wait} is 0. */
  add(now: number, count: number): void {
    if (count === 0) return
    const last = this.#entries.at(-1)
    // A clock that steps back must not make anything expire early.
    const at = last ? Math.max(now, last[0]) : now
    if (last && last[0] === at) last[1] += count
    else this.#entries.push([at, count])
    this.#total += count
  }

  /** Units that may pass now. */
  remaining(now: number): number {
    this.#forget(now)
    return Math.max(0, this.#window.limit - this.#total)
  }

  /** Milliseconds until the oldest unit stops to count; 0 when none counts. */
  reset(now: number): number {
    this.#forget(now)
    const oldest = this.#entries[0]
    return oldest ? oldest[0] + this.#window.windowMs - now : 0
  }

  #forget(now: number): void {
    let expired = 0
    for (const [at, count] of this.#entries) {
      if (now - at < this.#window.windowMs) break
      this.#total -= count
      expired++
    }
    if (expired) this.#entries.splice(0, expired)
  }
}
