/**
 * Microseconds, as tables that set `track()` beside a bare call.
 * @module
 */
import { median } from './measure.ts'
import type { Subject } from './track-calls.ts'

/** The main-thread time that a call may have at the median, in microseconds. */
const BUDGET_US = 50

/** Microseconds of each call, by what was called. */
export type Times = Record<Subject, number[]>

export const noTimes = (): Times => ({ bare: [], 2: [], 20: [] })

const nameOf = (subject: Subject) => (subject === 'bare' ? 'bare queueMicrotask' : `track, ${subject} properties`)
const verdict = (us: number) => (us <= BUDGET_US ? 'met' : `EXCEEDED, ${(us / BUDGET_US).toFixed(1)} times`)
const rounded = (us: number) => Number(us.toPrecision(3))

function percentile95(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN
}

/** The call itself, each as a ratio to the bare call that was made in the same way. */
export function printCalls(all: Record<string, Times>): void {
  const rows = Object.entries(all).flatMap(([way, times]) =>
    (['bare', 2, 20] as const).map((subject) => {
      const middle = median(times[subject])
      const row = {
        'median µs': rounded(middle),
        'p95 µs': rounded(percentile95(times[subject])),
        'times the bare call': (middle / median(times.bare)).toFixed(1),
        [`${BUDGET_US} µs`]: subject === 'bare' ? '(baseline)' : verdict(middle),
      }
      return [`${nameOf(subject)}, ${way}`, row] as const
    }),
  )
  console.table(Object.fromEntries(rows))
}

/** All main-thread time, with what `track` adds to that of the bare call in the same round. */
export function printMainThread(all: Record<string, Times>): void {
  const rows = Object.entries(all).flatMap(([way, times]) =>
    ([2, 20] as const).map((subject) => {
      const added = median(times[subject].map((us, round) => us - (times.bare[round] as number)))
      const row = {
        'with the bare call, µs': rounded(median(times.bare)),
        'with track, µs': rounded(median(times[subject])),
        'track adds, µs': rounded(added),
        'times the bare call': (median(times[subject]) / median(times.bare)).toFixed(1),
        [`${BUDGET_US} µs`]: verdict(added),
      }
      return [`${nameOf(subject)}, ${way}`, row] as const
    }),
  )
  console.table(Object.fromEntries(rows))
}
