import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RollingWindow } from './rolling-window.ts'

/** The largest number of units in any span (t - windowMs, t], counted the slow way. */
function most(passed: [number, number][], windowMs: number): number {
  return Math.max(
    0,
    ...passed.map(([end]) =>
      passed.reduce((sum, [at, count]) => (at > end - windowMs && at <= end ? sum + count : sum), 0),
    ),
  )
}

const limit = 30
const windowMs = 30_000

/** Gaps between arrivals, from bursts within a millisecond to pauses longer than the window. */
const gaps = fc.array(
  fc.oneof(
    fc.constant(0),
    fc.integer({ max: 50, min: 0 }),
    fc.integer({ max: 4000, min: 0 }),
    fc.constantFrom(29_999, 30_000, 30_001),
  ),
  { maxLength: 300 },
)

describe('RollingWindow', () => {
  it('never lets more than 30 through in any 30 s, and never refuses when 30 are not used up', () => {
    fc.assert(
      fc.property(gaps, (all) => {
        const window = new RollingWindow({ limit, windowMs })
        const passed: [number, number][] = []
        let now = 1_000_000
        for (const gap of all) {
          now += gap
          const used = passed.filter(([at]) => at > now - windowMs).length
          const wait = window.wait(now, 1)
          expect(wait === 0).toBe(used < limit)
          if (wait > 0) continue
          window.add(now, 1)
          passed.push([now, 1])
        }
        expect(most(passed, windowMs)).toBeLessThanOrEqual(limit)
      }),
      { numRuns: 300 },
    )
  })

  it('waits exactly as long as needed, for units that come in lots of any size', () => {
    const lots = fc.array(fc.tuple(fc.integer({ max: 20_000, min: 0 }), fc.integer({ max: 1000, min: 1 })), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(lots, (all) => {
        const rule = { limit: 1000, windowMs: 60_000 }
        const window = new RollingWindow(rule)
        const passed: [number, number][] = []
        let now = 0
        for (const [gap, count] of all) {
          now += gap
          const wait = window.wait(now, count)
          if (wait > 0) {
            expect(new RollingWindow(rule, window.entries).wait(now + wait - 1, count)).toBeGreaterThan(0)
            now += wait
            expect(window.wait(now, count)).toBe(0)
          }
          window.add(now, count)
          passed.push([now, count])
        }
        expect(most(passed, rule.windowMs)).toBeLessThanOrEqual(rule.limit)
      }),
    )
  })

  it('goes on from what it remembered', () => {
    fc.assert(
      fc.property(gaps, fc.nat(), (all, cut) => {
        let window = new RollingWindow({ limit, windowMs })
        const straight = new RollingWindow({ limit, windowMs })
        let now = 0
        for (const [index, gap] of all.entries()) {
          now += gap
          if (index === cut % all.length) window = new RollingWindow({ limit, windowMs }, window.entries)
          expect(window.wait(now, 1)).toBe(straight.wait(now, 1))
          expect(window.remaining(now)).toBe(straight.remaining(now))
          if (window.wait(now, 1) > 0) continue
          window.add(now, 1)
          straight.add(now, 1)
        }
      }),
    )
  })

  it('does not forget early when the clock steps back', () => {
    const window = new RollingWindow({ limit: 2, windowMs: 1000 })
    window.add(5000, 1)
    window.add(4000, 1)
    expect(window.wait(5999, 1)).toBe(1)
    expect(window.reset(5999)).toBe(1)
    expect(window.wait(6000, 2)).toBe(0)
    expect(window.reset(6000)).toBe(0)
  })

  it('never lets through what is more than the limit', () => {
    expect(new RollingWindow({ limit, windowMs }).wait(0, 31)).toBe(Infinity)
  })
})
