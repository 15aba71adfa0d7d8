/**
 * How many events an isolate leases from the app's budget at a time, so that most requests need not ask for theirs.
 *
 * A lease may be used for {@link LEASE_MS}; the budget's window is that much wider, so that an event which passes late in its
 * lease is still counted. A quiet isolate leases what it needs and nothing more; a busy one what it used in the last lease.
 * @module
 */

/** Life of a lease, in ms. */
export const LEASE_MS = 1000

/** The most that is leased ahead of need: 1 % of what Heap allows an environment in a minute. */
const MOST_AHEAD = 150

/**
 * The lease of one isolate for one environment. Pure: the time is handed in, in ms.
 *
 * @example
 * ```ts
 * const lease = new Lease()
 * lease.take(0, 5) // undefined: ask the budget for 5 events and lease.ahead(0) more; it grants 5
 * lease.grant(0, 5)
 * lease.take(900, 5) // 1000, when it ends
 * ```
 */
export class Lease {
  #grants: { left: number; expires: number }[] = []
  #used = 0
  #usedBefore = 0
  #since = -Infinity

  /**
   * Uses `events` of what is leased, or nothing where that is not enough.
   *
   * @returns when the lease of them ends, for {@link giveBack}
   */
  take(now: number, events: number): number | undefined {
    this.#grants = this.#grants.filter(({ left, expires }) => left > 0 && now < expires)
    if (this.#grants.reduce((sum, { left }) => sum + left, 0) < events) return undefined
    this.#note(now, events)
    let needed = events
    let ends = Infinity
    for (const grant of this.#grants) {
      if (needed === 0) break
      const used = Math.min(grant.left, needed)
      grant.left -= used
      needed -= used
      ends = Math.min(ends, grant.expires)
    }
    return ends
  }

  /** Puts events back that were taken and not sent; they can be used until their lease ends. */
  giveBack(events: number, ends: number): void {
    this.#grants.push({ left: events, expires: ends })
    this.#used = Math.max(0, this.#used - events)
  }

  /** How many more than needed to ask for: a quarter of what was used in the last full {@link LEASE_MS}. */
  ahead(now: number): number {
    this.#note(now, 0)
    return Math.min(MOST_AHEAD, Math.floor(this.#usedBefore / 4))
  }

  /** Adds what the budget granted. `asked` is the time before it was asked: the lease cannot have begun earlier. */
  grant(asked: number, events: number): void {
    this.#grants.push({ left: events, expires: asked + LEASE_MS })
  }

  #note(now: number, events: number): void {
    if (now - this.#since >= LEASE_MS) {
      this.#usedBefore = now - this.#since < 2 * LEASE_MS ? this.#used : 0
      this.#used = 0
      this.#since = now
    }
    this.#used += events
  }
}
