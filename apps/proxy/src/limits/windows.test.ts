import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AHEAD_MS, type Rule, type Stored, Windows } from './windows.ts'

const rules: Rule[] = [
  { limit: 30, windowMs: 30_000, ahead: 10 },
  { limit: 1000, windowMs: 60_000, ahead: 300 },
]

/** Hits with gaps from bursts to long pauses, and now and then a crash, after which some time passes. */
const steps = fc.array(
  fc.record({
    gap: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(4000), fc.constantFrom(AHEAD_MS, 29_999, 30_000, 30_001)),
    events: fc.oneof(fc.constant(1), fc.nat(200)),
    crash: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  }),
  { maxLength: 300 },
)

it('lets no window be exceeded, whenever it crashes and forgets what it did not store', () => {
  fc.assert(
    fc.property(steps, (all) => {
      let stored: Stored | undefined
      let now = 1_000_000
      let windows = new Windows(rules, 0, now)
      const passed: [at: number, counts: number[]][] = []
      for (const { gap, events, crash } of all) {
        now += gap
        if (crash) windows = new Windows(rules, 0, now, stored)
        const counts = [1, events]
        const { waitMs, store } = windows.take(now, counts)
        // It comes back from storage as JSON does.
        if (store) stored = JSON.parse(JSON.stringify(store)) as Stored
        if (waitMs === 0) passed.push([now, counts])
      }
      for (const [index, { limit, windowMs }] of rules.entries()) {
        for (const [end] of passed) {
          const inside = passed.filter(([at]) => at > end - windowMs && at <= end)
          expect(inside.reduce((sum, [, counts]) => sum + (counts[index] ?? 0), 0)).toBeLessThanOrEqual(limit)
        }
      }
    }),
    { numRuns: 500 },
  )
})

it('is exact after a clean end, and after a crash at most what may pass unstored is lost, for a window', () => {
  let now = 0
  let windows = new Windows(rules, 500, now)
  expect(windows.take(now, [1, 1]).store?.ahead).toBeUndefined()
  windows = new Windows(rules, 500, now, { logs: windows.logs })
  expect(windows.quotas(now)[0]?.remaining).toBe(29)

  windows.take(now, [1, 1])
  const { store } = windows.take((now += 50), [1, 1])
  expect(store?.ahead).toEqual({ counts: [10, 300], until: 10_050 })
  windows = new Windows(rules, 500, (now += 100), store)
  expect(windows.quotas(now).map(({ remaining }) => remaining)).toEqual([30 - 3 - 10, 1000 - 3 - 300])
  expect(windows.quotas(now + 30_500)[0]?.remaining).toBe(30)
  expect(windows.quotas(now + 60_500)[1]?.remaining).toBe(1000)
})

it('writes once for ten requests of who is busy, and once for each of who is not', () => {
  const writes = (gap: number, hits: number) => {
    const windows = new Windows(rules, 0, 0)
    let count = 0
    for (let hit = 0; hit < hits; hit++) if (windows.take(hit * gap, [1, 1]).store) count++
    return count
  }
  expect(writes(1001, 100)).toBeLessThanOrEqual(12)
  expect(writes(0, 30)).toBe(4)
  expect(writes(AHEAD_MS, 5)).toBe(5)
})
