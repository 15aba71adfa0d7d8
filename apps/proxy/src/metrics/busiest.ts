/**
 * Who has sent the most lately, against the limits of an identity. Only in memory, and for no longer than the longest limit
 * counts. Pure: times are handed in, in ms.
 * @module
 */
import { EVENTS_PER_IDENTITY, REQUESTS_PER_IDENTITY } from '@heap-edge/contract'
import type { Busy } from './meter.ts'

/** What comes within so long is counted together: a window may be this much wider. */
const SLOT_MS = 2000

/** Identities in a slot; of more, those that sent the least are forgotten. */
const MOST = 500

interface Sent {
  app_id: string
  key: string
  requests: number
  events: number
}

/** Who, and what of the limits that is. */
export interface BusyIdentity extends Sent {
  /** Of the limit that is nearer, 1 where it is reached. */
  share: number
}

const idOf = ([app_id, key]: Busy) => `${app_id} ${key}`

export class Busiest {
  /** By their begin. */
  readonly #slots = new Map<number, Map<string, Sent>>()

  add(now: number, all: readonly Busy[]): void {
    this.forget(now)
    const at = now - (now % SLOT_MS)
    let slot = this.#slots.get(at)
    if (!slot) this.#slots.set(at, (slot = new Map()))
    for (const busy of all) {
      const [app_id, key, requests, events] = busy
      const sent = slot.get(idOf(busy))
      if (sent) {
        sent.requests += requests
        sent.events += events
      } else {
        slot.set(idOf(busy), { app_id, key, requests, events })
      }
    }
    if (slot.size <= MOST) return
    const least = [...slot].toSorted(([, a], [, b]) => shareOf(a) - shareOf(b)).slice(0, slot.size - MOST)
    for (const [id] of least) slot.delete(id)
  }

  /** The busiest ones: requests of the last 30 s, events of the last 60 s. */
  top(now: number, most: number): BusyIdentity[] {
    this.forget(now)
    const all = new Map<string, Sent>()
    for (const [at, slot] of this.#slots) {
      const isRecent = now - at < REQUESTS_PER_IDENTITY.windowMs + SLOT_MS
      for (const [id, { app_id, key, requests, events }] of slot) {
        const sum = all.get(id) ?? { app_id, key, requests: 0, events: 0 }
        if (isRecent) sum.requests += requests
        sum.events += events
        all.set(id, sum)
      }
    }
    return [...all.values()]
      .filter(({ requests, events }) => requests + events > 0)
      .map((sent) => ({ ...sent, share: shareOf(sent) }))
      .toSorted((a, b) => b.share - a.share || (a.key < b.key ? -1 : 1))
      .slice(0, most)
  }

  /** Nobody is known for longer than is counted. */
  forget(now: number): void {
    for (const at of this.#slots.keys()) {
      if (now - at >= EVENTS_PER_IDENTITY.windowMs + SLOT_MS || at > now) this.#slots.delete(at)
    }
  }
}

function shareOf({ requests, events }: Pick<Sent, 'requests' | 'events'>): number {
  return Math.max(requests / REQUESTS_PER_IDENTITY.limit, events / EVENTS_PER_IDENTITY.limit)
}
