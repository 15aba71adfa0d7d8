/**
 * Figures over time, in steps of 10 s for an hour, of a minute for a day, of ten minutes for a week; and the counters since
 * the beginning. What comes is added up in memory and written now and then, each time in one transaction.
 * @module
 */
import type { Sql } from '../sql.ts'
import { nameOf, type Source } from './counters.ts'
import { addAll, type Counts, quantile } from './histogram.ts'
import type { Batch, Latency } from './meter.ts'
import { type Range, RANGES, type Series, type Sum, SUMS } from './types.ts'

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS steps (
  range TEXT NOT NULL,
  at INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (range, at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`

/** Counters with other labels than these are not kept: labels come from settings and routes, and there are not so many. */
const MOST_COUNTERS = 2000

/** The finest steps. */
const STEP_MS = RANGES.hour.stepMs

/** One step: the sums, in the order of {@link SUMS}, and the times of requests to Heap. */
type Step = [sums: number[], latency: Counts]

/** The counters, and the times by who asked Heap. */
export interface Totals {
  counters: Record<string, number>
  latency: Partial<Record<Source, Latency>>
}

export class Store {
  readonly #sql: Sql
  readonly #totals: Totals
  /** What was not written yet, by the begin of its step of 10 s. */
  #pending = new Map<number, Step>()

  /** Goes on from what the tables hold. */
  constructor(sql: Sql) {
    this.#sql = sql
    const [row] = sql.exec<{ value: string }>("SELECT value FROM state WHERE name = 'totals'")
    this.#totals = row ? (JSON.parse(row.value) as Totals) : { counters: {}, latency: {} }
  }

  get isWritten(): boolean {
    return this.#pending.size === 0
  }

  get totals(): Totals {
    return this.#totals
  }

  add(now: number, { counters, latency }: Pick<Batch, 'counters' | 'latency'>): void {
    const at = now - (now % STEP_MS)
    let step = this.#pending.get(at)
    if (!step) this.#pending.set(at, (step = newStep()))
    const all = this.#totals.counters
    let known = Object.keys(all).length
    for (const [key, times] of Object.entries(counters)) {
      const sum = SUMS.indexOf(sumOf(key) as Sum)
      if (sum !== -1) step[0][sum] = (step[0][sum] ?? 0) + times
      if (!(key in all) && known++ >= MOST_COUNTERS) continue
      all[key] = (all[key] ?? 0) + times
    }
    for (const [source, { counts, sum }] of Object.entries(latency)) {
      const total = (this.#totals.latency[source as Source] ??= { counts: [], sum: 0 })
      addAll(total.counts, counts)
      total.sum += sum
      addAll(step[1], counts)
    }
  }

  /** Writes what is pending. To be called in a transaction. */
  write(now: number): void {
    for (const [at, step] of this.#pending) {
      for (const range of Object.keys(RANGES) as Range[]) {
        const begin = at - (at % RANGES[range].stepMs)
        const [row] = this.#sql.exec<Row>('SELECT at, data FROM steps WHERE range = ? AND at = ?', range, begin)
        const merged = row ? (JSON.parse(row.data) as Step) : newStep()
        merge(merged, step)
        this.#sql.exec('INSERT OR REPLACE INTO steps VALUES (?, ?, ?)', range, begin, JSON.stringify(merged))
      }
    }
    this.#pending = new Map()
    for (const [range, { stepMs, keptMs }] of Object.entries(RANGES)) {
      this.#sql.exec('DELETE FROM steps WHERE range = ? AND at < ?', range, now - keptMs - stepMs)
    }
    this.#sql.exec("INSERT OR REPLACE INTO state VALUES ('totals', ?)", JSON.stringify(this.#totals))
  }

  series(range: Range, now: number): Series {
    const { stepMs, keptMs } = RANGES[range]
    const length = keptMs / stepMs
    const last = now - (now % stepMs)
    const from = last - (length - 1) * stepMs
    const steps = Array.from({ length }, newStep)
    const add = (at: number, step: Step) => {
      const known = steps[(at - (at % stepMs) - from) / stepMs]
      if (known) merge(known, step)
    }
    const query = 'SELECT at, data FROM steps WHERE range = ? AND at >= ?'
    for (const { at, data } of this.#sql.exec<Row>(query, range, from)) add(at, JSON.parse(data) as Step)
    for (const [at, step] of this.#pending) add(at, step)
    const sums = SUMS.map((name, index) => [name, steps.map(([all]) => all[index] ?? 0)] as const)
    const quantiles = (share: number) =>
      steps.map(([, counts]) => {
        const ms = quantile(counts, share)
        return ms === null ? null : Number(ms.toPrecision(3))
      })
    return {
      range,
      step_s: stepMs / 1000,
      from: from / 1000,
      ...(Object.fromEntries(sums) as Record<Sum, number[]>),
      p50: quantiles(0.5),
      p99: quantiles(0.99),
    }
  }

  /** The counters of a name, all labels together. */
  total(name: Sum | 'lost'): number {
    const all = Object.entries(this.#totals.counters)
    return all.reduce((sum, [key, times]) => (sumOf(key) === name ? sum + times : sum), 0)
  }
}

interface Row {
  at: number
  data: string
}

function newStep(): Step {
  return [[], []]
}

function merge(step: Step, [sums, latency]: Step): void {
  for (const [index, times] of sums.entries()) step[0][index] = (step[0][index] ?? 0) + (times ?? 0)
  addAll(step[1], latency)
}

/** What a counter is added up under: its name; of Heap's answers only those that failed. */
function sumOf(key: string): string {
  const name = nameOf(key)
  return name === 'answers' && key.endsWith(' failed') ? 'failed' : name
}
