/**
 * What an isolate has counted since it last told the Durable Object. Pure, and bounded whatever is counted.
 * @module
 */
import { type Answer, type CounterName, keyOf, type Source } from './counters.ts'
import { addTo, bucketOf, type Counts } from './histogram.ts'

/** Identities that are told of at a time, and those among which they are found. */
export const MOST_BUSY = 100
const MOST_COUNTED = 1000

/** What an identity has sent: its environment, its key, requests and events. */
export type Busy = [app_id: string, key: string, requests: number, events: number]

/** Times of requests to Heap: how often each, and their sum in ms. */
export interface Latency {
  counts: Counts
  sum: number
}

/** What is told at a time. */
export interface Batch {
  counters: Record<string, number>
  latency: Partial<Record<Source, Latency>>
  busy: Busy[]
}

/**
 * @example
 * ```ts
 * meter.count('delivered', 2, '123456789', '/api/track', 'live')
 * meter.heap('live', 'taken', 41)
 * meter.take() // all of it; nothing is left
 * ```
 */
export class Meter {
  #counters = new Map<string, number>()
  #latency = new Map<Source, Latency>()
  #busy = new Map<string, Busy>()

  get isEmpty(): boolean {
    return this.#counters.size === 0 && this.#busy.size === 0
  }

  count(name: CounterName, times: number, ...labels: string[]): void {
    if (times === 0) return
    const key = keyOf(name, ...labels)
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + times)
  }

  /** A request to Heap, and how long its answer took. */
  heap(source: Source, answer: Answer, ms: number): void {
    this.count('answers', 1, source, answer)
    let latency = this.#latency.get(source)
    if (!latency) this.#latency.set(source, (latency = { counts: [], sum: 0 }))
    addTo(latency.counts, bucketOf(ms), 1)
    latency.sum += ms
  }

  /** A request with so many events of a user. Beyond so many users, those who were not there yet are not counted. */
  busy(app_id: string, key: string, events: number): void {
    const id = `${app_id} ${key}`
    const known = this.#busy.get(id)
    if (known) {
      known[2]++
      known[3] += events
    } else if (this.#busy.size < MOST_COUNTED) {
      this.#busy.set(id, [app_id, key, 1, events])
    }
  }

  /** Hands over all of it, and begins anew. */
  take(): Batch {
    const busy = [...this.#busy.values()]
    const batch = {
      counters: Object.fromEntries(this.#counters),
      latency: Object.fromEntries(this.#latency),
      busy: busy.length > MOST_BUSY ? busiest(busy) : busy,
    }
    this.#counters = new Map()
    this.#latency = new Map()
    this.#busy = new Map()
    return batch
  }
}

/** Those with the most requests, and those with the most events. */
function busiest(all: readonly Busy[]): Busy[] {
  const most = (place: 2 | 3) => all.toSorted((a, b) => b[place] - a[place]).slice(0, MOST_BUSY / 2)
  return [...new Set([...most(2), ...most(3)])]
}
