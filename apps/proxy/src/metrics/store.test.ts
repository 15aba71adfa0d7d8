import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Storage } from '../testing.ts'
import { keyOf } from './counters.ts'
import { addTo, bucketOf, type Counts, quantile } from './histogram.ts'
import { Store, SCHEMA } from './store.ts'
import { RANGES, SUMS, type View, VIEWS } from './types.ts'

const HOUR_MS = 3_600_000
const START = Date.parse('2026-11-24T06:00:03.123Z')

const something = fc.record({
  afterMs: fc.oneof(fc.nat(15_000), fc.nat(30 * HOUR_MS)),
  delivered: fc.nat(50),
  ms: fc.integer({ min: 1, max: 60_000 }),
  next: fc.constantFrom('nothing', 'write', 'write', 'die'),
})

it('adds up what came, in steps of each range, over writes and crashes', () => {
  fc.assert(
    fc.property(fc.array(something, { minLength: 1, maxLength: 60 }), (all) => {
      const storage = new Storage(SCHEMA)
      let store = new Store(storage.sql)
      let now = START
      let kept: { at: number; delivered: number; ms: number }[] = []
      let written: typeof kept = []
      for (const { afterMs, delivered, ms, next } of all) {
        now += afterMs
        const counts: Counts = []
        addTo(counts, bucketOf(ms), 1)
        const counters = {
          [keyOf('delivered', '1', '/api/track', 'live')]: delivered,
          [keyOf('answers', 'live', 'taken')]: 7,
        }
        store.add(now, { counters, latency: { live: { counts, sum: ms } } })
        kept.push({ at: now, delivered, ms })
        if (next === 'write') {
          store.write(now)
          storage.end('COMMIT')
          written = [...kept]
        } else if (next === 'die') {
          storage.end('ROLLBACK')
          store = new Store(storage.sql)
          kept = [...written]
        }
      }
      const p99Of = (some: typeof kept) => {
        const counts: Counts = []
        for (const { ms } of some) addTo(counts, bucketOf(ms), 1)
        const p99 = quantile(counts, 0.99)
        return p99 === null ? null : Number(p99.toPrecision(3))
      }
      for (const view of Object.keys(VIEWS) as View[]) {
        const { range, steps } = VIEWS[view]
        const { stepMs } = RANGES[range]
        const series = store.series(view, now)
        const until = series.from * 1000 + steps * stepMs
        for (const name of [...SUMS, 'p50', 'p99'] as const) expect(series[name]).toHaveLength(steps)
        expect(series.whole.p99).toBe(p99Of(kept.filter(({ at }) => at >= series.from * 1000 && at < until)))
        for (const [index, delivered] of series.delivered.entries()) {
          const from = series.from * 1000 + index * stepMs
          const inside = kept.filter(({ at }) => at >= from && at < from + stepMs)
          expect(delivered).toBe(inside.reduce((sum, one) => sum + one.delivered, 0))
          expect(series.p99[index]).toBe(p99Of(inside))
        }
        // The step in which we are is the last one.
        expect(now - (until - stepMs)).toBeLessThan(stepMs)
      }
      expect(store.total('delivered')).toBe(kept.reduce((sum, one) => sum + one.delivered, 0))
      storage.close()
    }),
    { numRuns: 20 },
  )
})

it('forgets what is too old, so that it stays small', () => {
  const storage = new Storage(SCHEMA)
  const store = new Store(storage.sql)
  const rows = () => storage.sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM steps')[0]?.rows ?? 0
  // Nine days, in which it counts every ten minutes, and each minute of the last one.
  for (let minute = 0; minute < 9 * 24 * 60; minute += minute < 8 * 24 * 60 ? 10 : 1) {
    const now = START + minute * 60_000
    store.add(now, { counters: { [keyOf('accepted', '1', '/api/track')]: 1 }, latency: {} })
    store.write(now)
  }
  expect(rows()).toBeLessThanOrEqual(61 + 146 + 170)
  const week = store.series('week', START + 9 * 24 * HOUR_MS).accepted
  expect(week.reduce((sum, count) => sum + count)).toBe(6 * 144 + 24 * 60 - 1)
  storage.close()
})

it('writes little more than a row each time, since rows have a price', () => {
  const storage = new Storage(SCHEMA)
  const store = new Store(storage.sql)
  const writes = 900
  for (let now = START; now < START + writes * 8000; now += 8000) {
    store.add(now, { counters: { [keyOf('accepted', '1', '/api/track')]: 1 }, latency: {} })
    store.write(now)
  }
  const [changes] = storage.sql.exec<{ rows: number }>('SELECT total_changes() AS rows')
  expect(changes?.rows).toBeLessThan(writes * 1.3)
  storage.close()
})

it('takes no more counters than there can be', () => {
  const storage = new Storage(SCHEMA)
  const store = new Store(storage.sql)
  const counters = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [keyOf('accepted', String(n), '/x'), 1]))
  store.add(START, { counters, latency: {} })
  expect(Object.keys(store.totals.counters)).toHaveLength(2000)
  expect(store.series('hour', START).accepted.at(-1)).toBe(5000)
  storage.close()
})
