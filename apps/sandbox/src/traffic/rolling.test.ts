import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RollingCounts } from './rolling.ts'

const windowMs = 30_000

/** Arrivals of a few keys, from bursts within a millisecond to pauses around and beyond the window. */
const arrivals = fc.array(
  fc.record({
    gap: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 5000 }),
      fc.constantFrom(29_999, 30_000, 30_001),
    ),
    key: fc.constantFrom('a', 'b', 'c'),
    units: fc.integer({ min: 0, max: 20 }),
  }),
  { maxLength: 200 },
)

describe('RollingCounts', () => {
  it('counts as a slow count of the whole history does', () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        const counts = new RollingCounts(windowMs)
        const history: { at: number; key: string; units: number }[] = []
        const slow = (now: number, key: string) =>
          history.reduce((sum, one) => (one.key === key && one.at > now - windowMs ? sum + one.units : sum), 0)
        let now = 1_000_000
        for (const { gap, key, units } of all) {
          now += gap
          history.push({ at: now, key, units })
          expect(counts.add(now, key, units)).toBe(slow(now, key))
          for (const other of ['a', 'b', 'c']) expect(counts.of(now, other)).toBe(slow(now, other))
          const most = Math.max(...['a', 'b', 'c'].map((other) => slow(now, other)))
          expect(counts.top(now)?.[1] ?? 0).toBe(most)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('has a window that is open at its old end', () => {
    const counts = new RollingCounts(windowMs)
    counts.add(0, 'a', 1)
    expect(counts.of(29_999, 'a')).toBe(1)
    expect(counts.of(30_000, 'a')).toBe(0)
  })

  it('does not forget early, and loses nothing, when the clock steps back', () => {
    const counts = new RollingCounts(windowMs)
    counts.add(50_000, 'a', 1)
    expect(counts.add(10_000, 'a', 1)).toBe(2)
    expect(counts.of(79_999, 'a')).toBe(2)
    expect(counts.of(80_000, 'a')).toBe(0)
  })

  it('goes on counting over many windows', () => {
    const counts = new RollingCounts(windowMs)
    for (let now = 0; now < 1_000_000; now += 10) counts.add(now, `key-${now % 70}`, 1)
    expect(counts.top(999_999)?.[1]).toBe(429)
  })
})
