/**
 * Figures over time, in steps of 10 s for an hour, of a minute for a day, of ten minutes for a week; and the counters since
 * the beginning. What comes is added up in memory and written now and then, each time in one transaction.
 *
 * Rows that are written have a price, and the free plan has 100,000 a day. So what still grows is one row for everything, and
 * several steps that are over are one.
 * @module
 */
import type { Sql } from '../sql.ts'
import { nameOf, type Source } from './counters.ts'
import { addAll, type Counts, quantile } from './histogram.ts'
import type { Batch, Latency } from './meter.ts'
import { type Range, RANGES, type Series, type Sum, SUMS, type View, VIEWS } from './types.ts'

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

/** Steps of a row. */
const STEPS: Record<Range, number> = { hour: 6, day: 10, week: 6 }

/** One step: the sums, in the order of {@link SUMS}, and the times of requests to Heap. */
type Step = [sums: number[], latency: Counts]

/** Steps of a range that are one row, by their begin; `at` is that of the first one that there can be. */
interface Span {
  at: number
  steps: Record<string, Step>
}

/** The counters, and the times by who asked Heap. */
export interface Totals {
  counters: Record<string, number>
  latency: Partial<Record<Source, Latency>>
}

export class Store {
  readonly #sql: Sql
  readonly #totals: Totals
  /** What still grows. */
  readonly #open: Partial<Record<Range, Span>>
  /** What does not, and was not written yet. */
  #over: (Span & { range: Range })[] = []
  #isWritten = true

  /** Goes on from what the tables hold. */
  constructor(sql: Sql) {
    this.#sql = sql
    const [row] = sql.exec<{ value: string }>("SELECT value FROM state WHERE name = 'growing'")
    const { totals, open } = row
      ? (JSON.parse(row.value) as { totals: Totals; open: Partial<Record<Range, Span>> })
      : { totals: { counters: {}, latency: {} }, open: {} }
    this.#totals = totals
    this.#open = open
  }

  get isWritten(): boolean {
    return this.#isWritten
  }

  get totals(): Totals {
    return this.#totals
  }

  add(now: number, { counters, latency }: Pick<Batch, 'counters' | 'latency'>): void {
    this.#isWritten = false
    const came = newStep()
    const all = this.#totals.counters
    let known = Object.keys(all).length
    for (const [key, times] of Object.entries(counters)) {
      const sum = SUMS.indexOf(nameOf(key) as Sum)
      if (sum !== -1) came[0][sum] = (came[0][sum] ?? 0) + times
      if (!(key in all) && known++ >= MOST_COUNTERS) continue
      all[key] = (all[key] ?? 0) + times
    }
    for (const [source, { counts, sum }] of Object.entries(latency)) {
      const total = (this.#totals.latency[source as Source] ??= { counts: [], sum: 0 })
      addAll(total.counts, counts)
      total.sum += sum
      addAll(came[1], counts)
    }
    for (const range of Object.keys(RANGES) as Range[]) merge(this.#stepAt(range, now), came)
  }

  /** Writes what was not written yet. To be called in a transaction. */
  write(now: number): void {
    for (const { range, at, steps } of this.#over) {
      // There is one already where the clock was put back.
      const [row] = this.#sql.exec<Row>('SELECT at, data FROM steps WHERE range = ? AND at = ?', range, at)
      for (const [begin, step] of row ? stepsOf(row) : []) merge((steps[begin] ??= newStep()), step)
      this.#sql.exec('INSERT OR REPLACE INTO steps VALUES (?, ?, ?)', range, at, JSON.stringify(steps))
      const oldest = now - RANGES[range].keptMs - spanMs(range)
      this.#sql.exec('DELETE FROM steps WHERE range = ? AND at < ?', range, oldest)
    }
    this.#over = []
    const growing = JSON.stringify({ totals: this.#totals, open: this.#open })
    this.#sql.exec("INSERT OR REPLACE INTO state VALUES ('growing', ?)", growing)
    this.#isWritten = true
  }

  series(view: View, now: number): Series {
    const { range, steps: length } = VIEWS[view]
    const { stepMs } = RANGES[range]
    const last = now - (now % stepMs)
    const from = last - (length - 1) * stepMs
    const steps = Array.from({ length }, newStep)
    const written = this.#sql.exec<Row>(
      'SELECT at, data FROM steps WHERE range = ? AND at > ?',
      range,
      from - spanMs(range),
    )
    const others = [...this.#over.filter((span) => span.range === range), this.#open[range] ?? { steps: {} }]
    for (const [begin, step] of [
      ...written.flatMap(stepsOf),
      ...others.flatMap(({ steps }) => Object.entries(steps)),
    ]) {
      const known = steps[(Number(begin) - from) / stepMs]
      if (known) merge(known, step)
    }
    const sums = SUMS.map((name, index) => [name, steps.map(([all]) => all[index] ?? 0)] as const)
    const [, all] = steps.reduce((sum, step) => (merge(sum, step), sum), newStep())
    const time = (counts: Counts, share: number) => {
      const ms = quantile(counts, share)
      return ms === null ? null : Number(ms.toPrecision(3))
    }
    const times = (share: number) => steps.map(([, counts]) => time(counts, share))
    return {
      range,
      step_s: stepMs / 1000,
      from: from / 1000,
      ...(Object.fromEntries(sums) as Record<Sum, number[]>),
      p50: times(0.5),
      p99: times(0.99),
      whole: { p50: time(all, 0.5), p99: time(all, 0.99) },
    }
  }

  /** The step of a range that a time is in. */
  #stepAt(range: Range, now: number): Step {
    const at = now - (now % spanMs(range))
    let span = this.#open[range]
    if (span?.at !== at) {
      if (span) this.#over.push({ range, ...span })
      this.#open[range] = span = { at, steps: {} }
    }
    return (span.steps[now - (now % RANGES[range].stepMs)] ??= newStep())
  }

  /** The counters of a name, all labels together. */
  total(name: Sum): number {
    const all = Object.entries(this.#totals.counters)
    return all.reduce((sum, [key, times]) => (nameOf(key) === name ? sum + times : sum), 0)
  }
}

interface Row {
  at: number
  data: string
}

function stepsOf({ data }: Row): [begin: string, Step][] {
  return Object.entries(JSON.parse(data) as Span['steps'])
}

function spanMs(range: Range): number {
  return RANGES[range].stepMs * STEPS[range]
}

function newStep(): Step {
  return [[], []]
}

function merge(step: Step, [sums, latency]: Step): void {
  for (const [index, times] of sums.entries()) step[0][index] = (step[0][index] ?? 0) + (times ?? 0)
  addAll(step[1], latency)
}
