/**
 * Exact counts over a rolling window, for any number of keys. Times are milliseconds and are handed in.
 * @module
 */

interface Entry {
  readonly at: number
  readonly key: string
  readonly units: number
}

/**
 * Units by key within the half-open span (now - windowMs, now]. What has left the span is forgotten, keys included, so that
 * the memory is that of one window of traffic; each unit costs one step in and one step out.
 *
 * @example
 * ```ts
 * const counts = new RollingCounts(1000)
 * counts.add(0, 'alice', 2) // 2
 * counts.add(999, 'alice', 1) // 3
 * counts.of(1000, 'alice') // 1
 * ```
 */
export class RollingCounts {
  readonly #windowMs: number
  /** In order of time; those before `#first` have expired. */
  #entries: Entry[] = []
  #first = 0
  #sums = new Map<string, number>()
  #latest = -Infinity

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Adds units, and answers how many the key has now. A clock that steps back counts as one that stands still. */
  add(now: number, key: string, units: number): number {
    this.#forget(now)
    const sum = (this.#sums.get(key) ?? 0) + units
    if (units === 0) return sum
    this.#sums.set(key, sum)
    this.#entries.push({ at: this.#latest, key, units })
    return sum
  }

  /** The units of a key. */
  of(now: number, key: string): number {
    this.#forget(now)
    return this.#sums.get(key) ?? 0
  }

  /** The key that has most units, and how many. */
  top(now: number): [key: string, units: number] | undefined {
    this.#forget(now)
    let top: [string, number] | undefined
    for (const entry of this.#sums) if (!top || entry[1] > top[1]) top = entry
    return top
  }

  #forget(now: number): void {
    this.#latest = Math.max(now, this.#latest)
    for (let entry; (entry = this.#entries[this.#first]) && entry.at <= this.#latest - this.#windowMs; this.#first++) {
      const left = (this.#sums.get(entry.key) ?? 0) - entry.units
      if (left > 0) this.#sums.set(entry.key, left)
      else this.#sums.delete(entry.key)
    }
    // A half that is dead is cut off at once: cheaper than shifting one by one.
    if (this.#first > 1000 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
  }
}
