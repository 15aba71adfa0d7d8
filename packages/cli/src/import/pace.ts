/**
 * When the next request may go, so that Heap's limits are kept: 30 requests in 30 s and 1000 events in a minute for an
 * identity, 15,000 events in a minute for an environment.
 * @module
 */
import { EVENTS_PER_APP, EVENTS_PER_IDENTITY, REQUESTS_PER_IDENTITY, type Window } from '@heap-edge/contract/limits'
import { RollingWindow } from '@heap-edge/contract/rolling-window'
import type { Kind } from '../rows/mapping.ts'
import type { Chunk } from './chunk.ts'
import { loadOf, SlotWindow } from './slot-window.ts'

/** The network delays some requests more than others: our windows are so much wider than Heap's. In ms. */
const MARGIN_MS = 1000

const wider = ({ limit, windowMs }: Window): Window => ({ limit, windowMs: windowMs + MARGIN_MS })

/** For how long what was sent still counts, in ms. */
export const PACE_MS = EVENTS_PER_APP.windowMs + MARGIN_MS

export class Pace {
  readonly #kind: Kind
  readonly #requests = new SlotWindow(wider(REQUESTS_PER_IDENTITY))
  readonly #events = new SlotWindow(wider(EVENTS_PER_IDENTITY))
  readonly #appEvents = new RollingWindow(wider(EVENTS_PER_APP))

  constructor(kind: Kind) {
    this.#kind = kind
  }

  /** Counts a request, where it may go now. Gives the milliseconds to wait otherwise. */
  take(now: number, chunk: Pick<Chunk, 'rows' | 'owners'>): number {
    const wait = this.#wait(now, chunk)
    if (wait === 0) this.add(now, chunk)
    return wait
  }

  /** Counts a request that went, or may have gone, at this time. */
  add(at: number, { rows, owners }: Pick<Chunk, 'rows' | 'owners'>): void {
    // Heap states no limit for accounts.
    if (this.#kind === 'accounts') return
    this.#requests.add(at, loadOf(owners, 'request'))
    if (this.#kind !== 'events') return
    this.#events.add(at, loadOf(owners, 'row'))
    this.#appEvents.add(at, rows)
  }

  #wait(now: number, { rows, owners }: Pick<Chunk, 'rows' | 'owners'>): number {
    if (this.#kind === 'accounts') return 0
    const wait = this.#requests.wait(now, loadOf(owners, 'request'))
    if (this.#kind !== 'events') return wait
    return Math.max(wait, this.#events.wait(now, loadOf(owners, 'row')), this.#appEvents.wait(now, rows))
  }
}
