/**
 * What is asked on every request and therefore held in memory: counters, clock, faults, limits and maxima. It is written
 * down once per batch, in the transaction of the batch; the rolling windows are counted again from the log of requests.
 * @module
 */
import { Faults } from './faults.ts'
import { requestsSince } from './store/requests.ts'
import { Limits } from './traffic/limits.ts'
import { CURVE_S, TrafficWatch } from './traffic/watch.ts'
import type { Fault, Maxima } from './types.ts'

/** How far back the windows and the curve reach. */
export const REACH_MS = (CURVE_S + 60) * 1000

/** The row in the table `state`. */
interface State {
  counters: Counters
  clockOffset: number
  faults: Fault[]
  max: Maxima
}

interface Counters {
  requests: number
  events: number
  duplicates: number
}

export class Memory {
  counters: Counters = { requests: 0, events: 0, duplicates: 0 }
  /** By how much the sandbox's clock is ahead, in ms. */
  clockOffset = 0
  faults = new Faults()
  limits = new Limits()
  watch = new TrafficWatch()

  /** The sandbox's time. */
  get now(): number {
    return Date.now() + this.clockOffset
  }

  /** Reads what was saved, and counts the windows again. */
  static load(sql: SqlStorage): Memory {
    const memory = new Memory()
    const [row] = sql.exec<{ value: string }>('SELECT value FROM state')
    if (!row) return memory
    const { counters, clockOffset, faults, max } = JSON.parse(row.value) as State
    memory.counters = counters
    memory.clockOffset = clockOffset
    memory.faults = new Faults(faults)
    memory.watch = new TrafficWatch(max)
    for (const { at, arrival, passed } of requestsSince(sql, memory.now - REACH_MS)) {
      memory.watch.see(at, arrival)
      if (passed) memory.limits.count(at, arrival)
    }
    return memory
  }

  save(sql: SqlStorage): void {
    const { counters, clockOffset, faults, watch } = this
    const state: State = { counters, clockOffset, faults: [...faults.active], max: watch.max }
    sql.exec('INSERT OR REPLACE INTO state (id, value) VALUES (1, ?)', JSON.stringify(state))
  }
}
