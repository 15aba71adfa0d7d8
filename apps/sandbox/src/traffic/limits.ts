/**
 * Heap's three limits: what they let through, and what not.
 * @module
 */
import { EVENTS_PER_APP, EVENTS_PER_IDENTITY, REQUESTS_PER_IDENTITY } from '@heap-edge/contract'
import { type Arrival, nameOf } from './arrival.ts'
import { RollingCounts } from './rolling.ts'

/** Counts what passed; what was refused does not count. */
export class Limits {
  readonly #requests = new RollingCounts(REQUESTS_PER_IDENTITY.windowMs)
  readonly #events = new RollingCounts(EVENTS_PER_IDENTITY.windowMs)
  readonly #appEvents = new RollingCounts(EVENTS_PER_APP.windowMs)

  /** Lets the whole request through and counts it, or answers with the limit that it would exceed. */
  take(now: number, arrival: Arrival): string | undefined {
    const excess = this.#excess(now, arrival)
    if (excess === undefined) this.count(now, arrival)
    return excess
  }

  /** Counts a request that has passed already. */
  count(now: number, { appId, subjects, events, limited }: Arrival): void {
    if (!limited) return
    for (const [subject, units] of subjects) {
      const key = `${appId}/${subject}`
      this.#requests.add(now, key, 1)
      this.#events.add(now, key, units)
    }
    this.#appEvents.add(now, appId, events)
  }

  #excess(now: number, { appId, subjects, events, limited }: Arrival): string | undefined {
    if (!limited) return
    for (const [subject, units] of subjects) {
      const key = `${appId}/${subject}`
      if (this.#requests.of(now, key) + 1 > REQUESTS_PER_IDENTITY.limit) {
        return `more than ${REQUESTS_PER_IDENTITY.limit} requests of ${nameOf(subject)} in 30 s`
      }
      if (this.#events.of(now, key) + units > EVENTS_PER_IDENTITY.limit) {
        return `more than ${EVENTS_PER_IDENTITY.limit} events of ${nameOf(subject)} in 60 s`
      }
    }
    if (this.#appEvents.of(now, appId) + events > EVENTS_PER_APP.limit) {
      return `more than ${EVENTS_PER_APP.limit} events of the environment in 60 s`
    }
  }
}
