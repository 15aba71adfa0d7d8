/**
 * Faults on demand: which request they hit, and what they do to it.
 * @module
 */
import { isObject } from '@heap-edge/contract'
import { type Field, number, wrongIn } from './fields.ts'
import type { Fault } from './types.ts'

/** Faults that may be active at once. */
const MOST_FAULTS = 100
const LONGEST_LATENCY_MS = 600_000

/** What is to happen to one request. */
export interface Effect {
  latencyMs: number
  /** The fault that stands in for Heap's own answer, where there is one. */
  instead?: Pick<Fault, 'status' | 'retryAfter' | 'drop'>
}

const FIELDS: Record<keyof Fault, Field> = {
  path: {
    ok: (value) => typeof value === 'string' && value.length <= 200 && value.startsWith('/api/'),
    must: "must be one of Heap's paths, such as /api/track",
  },
  status: number(200, 599),
  rate: number(0, 1, false),
  latencyMs: number(0, LONGEST_LATENCY_MS),
  retryAfter: {
    ok: (value) => number(0, 86_400).ok(value) || (typeof value === 'string' && /^[\x20-\x7e]{1,100}$/.test(value)),
    must: 'must be seconds from 0 to 86400, or the text of the field',
  },
  drop: {
    ok: (value) => value === 'before' || value === 'after' || value === true,
    must: 'must be "before", "after" or true, which means "after"',
  },
  times: number(1, 1_000_000_000),
}

/** Reads a fault, or says in a sentence what is wrong with it. */
export function parseFault(body: unknown): Fault | string {
  if (!isObject(body)) return 'A fault is a JSON object.'
  const wrong = wrongIn(body, FIELDS, 'A fault')
  if (wrong !== undefined) return wrong
  const { status, drop, latencyMs, retryAfter } = body
  if (status === undefined && drop === undefined && latencyMs === undefined) {
    return 'A fault needs at least one of status, drop and latencyMs.'
  }
  if (status !== undefined && drop !== undefined) return 'A fault has a status or a drop, not both.'
  if (retryAfter !== undefined && status === undefined) return 'retryAfter belongs to a status.'
  return { ...body, ...(drop === true && { drop: 'after' as const }) }
}

/** The active faults, oldest first. */
export class Faults {
  #active: Fault[]
  readonly #random: () => number

  constructor(active: readonly Fault[] = [], random: () => number = Math.random) {
    this.#active = active.map((fault) => ({ ...fault }))
    this.#random = random
  }

  /** What is active, each with the `times` that are left. */
  get active(): readonly Fault[] {
    return this.#active
  }

  /** Adds one; false where there are too many. */
  add(fault: Fault): boolean {
    return this.#active.length < MOST_FAULTS && this.#active.push({ ...fault }) > 0
  }

  clear(): void {
    this.#active = []
  }

  /**
   * Throws the dice for one request. The oldest fault that hits decides; those that only delay add to it and do not stand
   * in the way of the next.
   */
  hit(path: string): Effect {
    const effect: Effect = { latencyMs: 0 }
    for (const fault of this.#active) {
      if (fault.path !== undefined && fault.path !== path && !path.startsWith(`${fault.path}/`)) continue
      if (fault.rate !== undefined && this.#random() >= fault.rate) continue
      if (fault.times !== undefined) fault.times--
      effect.latencyMs = Math.min(effect.latencyMs + (fault.latencyMs ?? 0), LONGEST_LATENCY_MS)
      if (fault.status === undefined && fault.drop === undefined) continue
      effect.instead = fault
      break
    }
    this.#active = this.#active.filter(({ times }) => times !== 0)
    return effect
  }
}
