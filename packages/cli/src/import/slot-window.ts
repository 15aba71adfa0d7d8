/**
 * A limit for each of very many owners, in memory that does not depend on how many there are. Each has one of so many slots
 * that hardly anybody shares one; those who do are counted together, so that what is counted is never too little. Times are
 * milliseconds and are handed in.
 * @module
 */
import type { Window } from '@heap-edge/contract/limits'

const SLOT_BITS = 20
const SLOT_SHIFT = 32 - SLOT_BITS

/** What one chunk counted: so much for each slot. */
interface Entry {
  at: number
  slots: Uint32Array
  units: Uint16Array
}

/** Slots, each once, and how many units each takes. */
export interface Load {
  slots: Uint32Array
  units: Uint16Array
}

export class SlotWindow {
  readonly #window: Window
  readonly #totals = new Uint16Array(2 ** SLOT_BITS)
  /** Oldest first. */
  #entries: Entry[] = []

  constructor(window: Window) {
    this.#window = window
  }

  /** Milliseconds until a load may pass: 0 now. */
  wait(now: number, { slots, units }: Load): number {
    this.#forget(now)
    const excess = new Map<number, number>()
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index] as number
      // One that is beyond the limit by itself passes once nothing else counts.
      const over = (this.#totals[slot] as number) + (units[index] as number) - this.#window.limit
      if (over > 0 && (this.#totals[slot] as number) > 0) excess.set(slot, over)
    }
    for (const entry of this.#entries) {
      if (excess.size === 0) break
      for (let index = 0; index < entry.slots.length; index++) {
        const slot = entry.slots[index] as number
        const left = excess.get(slot)
        if (left === undefined) continue
        if (left > (entry.units[index] as number)) excess.set(slot, left - (entry.units[index] as number))
        else excess.delete(slot)
      }
      if (excess.size === 0) return Math.max(0, entry.at + this.#window.windowMs - now)
    }
    const last = this.#entries.at(-1)
    return excess.size > 0 && last ? Math.max(0, last.at + this.#window.windowMs - now) : 0
  }

  /** Notes that a load passed, or may have. */
  add(now: number, { slots, units }: Load): void {
    if (slots.length === 0) return
    const last = this.#entries.at(-1)
    this.#entries.push({ at: last ? Math.max(now, last.at) : now, slots, units })
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index] as number
      this.#totals[slot] = (this.#totals[slot] as number) + (units[index] as number)
    }
  }

  #forget(now: number): void {
    let expired = 0
    for (const { at, slots, units } of this.#entries) {
      if (now - at < this.#window.windowMs) break
      for (let index = 0; index < slots.length; index++) {
        const slot = slots[index] as number
        this.#totals[slot] = (this.#totals[slot] as number) - (units[index] as number)
      }
      expired++
    }
    if (expired > 0) this.#entries = this.#entries.slice(expired)
  }
}

/** What a request asks of each slot: one unit, or one for each row. `owners` is sorted. */
export function loadOf(owners: Uint32Array, per: 'request' | 'row'): Load {
  const slots = new Uint32Array(owners.length)
  const units = new Uint16Array(owners.length)
  let last = -1
  for (const owner of owners) {
    const slot = owner >>> SLOT_SHIFT
    if (last < 0 || slots[last] !== slot) {
      slots[++last] = slot
      units[last] = 1
    } else if (per === 'row') units[last] = (units[last] as number) + 1
  }
  return { slots: slots.subarray(0, last + 1), units: units.subarray(0, last + 1) }
}
