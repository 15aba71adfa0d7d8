/**
 * What was seen: the largest counts in any rolling window, and the curve of the busiest identity.
 * @module
 */
import { EVENTS_PER_APP, EVENTS_PER_IDENTITY, REQUESTS_PER_IDENTITY } from '@heap-edge/contract'
import type { Maxima, Rate } from '../types.ts'
import { type Arrival, nameOf } from './arrival.ts'
import { RollingCounts } from './rolling.ts'

/** Length of the curve, in s. */
export const CURVE_S = 180

/** Nothing seen yet. */
export const NO_MAXIMA: Maxima = { requestsPerIdentity30s: 0, eventsPerIdentity60s: 0, eventsPerApp60s: 0 }

/**
 * Sees every valid request, also those that a limit or a fault then refuses. The fullest window is one that ends at an
 * arrival, so that looking at each arrival finds the maximum exactly.
 */
export class TrafficWatch {
  readonly #requests = new RollingCounts(REQUESTS_PER_IDENTITY.windowMs)
  readonly #events = new RollingCounts(EVENTS_PER_IDENTITY.windowMs)
  readonly #appEvents = new RollingCounts(EVENTS_PER_APP.windowMs)
  readonly #max: Maxima
  /** By second of the clock, the largest count of any identity in it; the last is of the second `#second`. */
  #curve: number[] = Array(CURVE_S).fill(0)
  #second = -Infinity

  /** @param max what {@link max} gave before, to go on from there */
  constructor(max: Maxima = NO_MAXIMA) {
    this.#max = { ...max }
  }

  /** The largest counts so far. */
  get max(): Maxima {
    return { ...this.#max }
  }

  /** Sees one request arrive. */
  see(now: number, { appId, subjects, events }: Arrival): void {
    this.#moveTo(now)
    const max = this.#max
    for (const [subject, units] of subjects) {
      const key = `${appId}/${subject}`
      const requests = this.#requests.add(now, key, 1)
      max.requestsPerIdentity30s = Math.max(max.requestsPerIdentity30s, requests)
      max.eventsPerIdentity60s = Math.max(max.eventsPerIdentity60s, this.#events.add(now, key, units))
      this.#curve[CURVE_S - 1] = Math.max(this.#curve[CURVE_S - 1] ?? 0, requests)
    }
    max.eventsPerApp60s = Math.max(max.eventsPerApp60s, this.#appEvents.add(now, appId, events))
  }

  /** The busiest identity now, and the curve of whoever was the busiest until now. */
  rate(now: number): Rate {
    this.#moveTo(now)
    const top = this.#requests.top(now)
    const [key, requests] = top ?? ['', 0]
    const slash = key.indexOf('/')
    return {
      limit: REQUESTS_PER_IDENTITY.limit,
      window_s: REQUESTS_PER_IDENTITY.windowMs / 1000,
      busiest: top ? { app_id: key.slice(0, slash), identity: nameOf(key.slice(slash + 1)), requests } : null,
      until: new Date(this.#second * 1000).toISOString(),
      per_second: [...this.#curve],
    }
  }

  /** Begins every second that has begun since: its first value is what is left of the requests before it. */
  #moveTo(now: number): void {
    const second = Math.floor(now / 1000)
    const first = Math.max(this.#second, second - CURVE_S) + 1
    for (let next = first; next <= second; next++) {
      this.#curve.push(this.#requests.top(next * 1000)?.[1] ?? 0)
    }
    if (this.#curve.length > CURVE_S) this.#curve = this.#curve.slice(-CURVE_S)
    this.#second = Math.max(second, this.#second)
  }
}
