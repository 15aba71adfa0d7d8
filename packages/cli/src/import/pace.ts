/**
 * When the next request may go, so that Heap's limits are kept: 30 requests in 30 s and 1000 events in a minute for an
 * identity, 15,000 events in a minute for an environment.
 * @module
 */
import { EVENTS_PER_APP, EVENTS_PER_IDENTITY, REQUESTS_PER_IDENTITY, type Window } from '@heap-edge/contract/limits'
import { RollingWindow } from '@heap-edge/contract/rolling-window'
import type { Kind } from '../rows/mapping.ts'
import type { Chunk } from './chunk.ts'
import { type Load, loadOf, SlotWindow } from './slot-window.ts'

/** The network delays some requests more than others: our windows are so much wider than Heap's. In ms. */
const MARGIN_MS = 1000

const wider = ({ limit, windowMs }: Window): Window => ({ limit, windowMs: windowMs + MARGIN_MS })

/** For how long what was sent still counts, in ms. */
export const PACE_MS = EVENTS_PER_APP.windowMs + MARGIN_MS

export class Pace {
  readonly #kind: Kind
  readonly #requests = new SlotWindow(wider(REQUESTS_PER_IDENTITY))
  readonly #events: SlotWindow | undefined
  readonly #appEvents = new RollingWindow(wider(EVENTS_PER_APP))

  constructor(kind: Kind) {
    this.#kind = kind
    if (kind === 'events') this.#events = new SlotWindow(wider(EVENTS_PER_IDENTITY))
  }

  /** Counts a request, where it may go now. Gives the milliseconds to wait otherwise. */
  take(now: number, request: Pick<Chunk, 'rows' | 'owners'>): number {
    const loads = this.#loads(request)
    const wait = Math.max(
      0,
      ...loads.map(([window, load]) => window.wait(now, load)),
      this.#kind === 'events' ? this.#appEvents.wait(now, request.rows) : 0,
    )
    if (wait === 0) this.#add(now, loads, request.rows)
    return wait
  }

  /** Counts a request that went, or may have gone, at this time. */
  add(at: number, request: Pick<Chunk, 'rows' | 'owners'>): void {
    this.#add(at, this.#loads(request), request.rows)
  }

  /** What a request asks of each window. Heap states none for accounts. */
  #loads({ owners }: Pick<Chunk, 'owners'>): [SlotWindow, Load][] {
    if (this.#kind === 'accounts') return []
    const requests: [SlotWindow, Load] = [this.#requests, loadOf(owners, 'request')]
    return this.#events ? [requests, [this.#events, loadOf(owners, 'row')]] : [requests]
  }

  #add(at: number, loads: [SlotWindow, Load][], rows: number): void {
    for (const [window, load] of loads) window.add(at, load)
    if (this.#kind === 'events') this.#appEvents.add(at, rows)
  }
}
