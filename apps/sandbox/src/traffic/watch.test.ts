import { PATHS } from '@heap-edge/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrivalBy } from './arrival.ts'
import { CURVE_S, TrafficWatch } from './watch.ts'

type Seen = { at: number; appId: string; subjects: [string, number][] }

const subject = fc.constantFrom('identity:a', 'identity:b', 'user_id:1')

const traffic = fc
  .array(
    fc.record({
      gap: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 4000 }),
        fc.constantFrom(29_999, 30_000, 59_999, 60_000, 200_000),
      ),
      appId: fc.constantFrom('1', '2'),
      subjects: fc.uniqueArray(fc.tuple(subject, fc.integer({ min: 0, max: 400 })), {
        maxLength: 3,
        selector: ([key]) => key,
      }),
    }),
    { maxLength: 120 },
  )
  .map((all) => {
    let at = 5_000_000
    return all.map(({ gap, appId, subjects }): Seen => ({ at: (at += gap), appId, subjects }))
  })

/** The largest sum of units of one key in any span (end - windowMs, end], over every end that there is. */
function most(units: { at: number; key: string; units: number }[], windowMs: number): number {
  return Math.max(
    0,
    ...units.map(({ at: end, key }) =>
      units.reduce(
        (sum, one) => (one.key === key && one.at > end - windowMs && one.at <= end ? sum + one.units : sum),
        0,
      ),
    ),
  )
}

function bruteForce(all: Seen[]) {
  const bySubject = (units: (events: number) => number) =>
    all.flatMap(({ at, appId, subjects }) =>
      subjects.map(([key, events]) => ({ at, key: `${appId} ${key}`, units: units(events) })),
    )
  return {
    requestsPerIdentity30s: most(
      bySubject(() => 1),
      30_000,
    ),
    eventsPerIdentity60s: most(
      bySubject((events) => events),
      60_000,
    ),
    eventsPerApp60s: most(
      all.flatMap(({ at, appId, subjects }) => subjects.map(([, units]) => ({ at, key: appId, units }))),
      60_000,
    ),
  }
}

const see = (watch: TrafficWatch, { at, appId, subjects }: Seen) =>
  watch.see(at, arrivalBy(PATHS.track, appId, subjects))

describe('TrafficWatch', () => {
  it('finds the maxima that a search through everything finds', () => {
    fc.assert(
      fc.property(traffic, (all) => {
        const watch = new TrafficWatch()
        for (const one of all) see(watch, one)
        expect(watch.max).toEqual(bruteForce(all))
      }),
      { numRuns: 500 },
    )
  })

  it('finds them also when it is interrupted, and counts the last minute again', () => {
    fc.assert(
      fc.property(traffic, fc.nat(), (all, cut) => {
        const stop = all.length ? cut % all.length : 0
        const before = new TrafficWatch()
        for (const one of all.slice(0, stop)) see(before, one)
        const after = new TrafficWatch(before.max)
        const since = (all[stop - 1]?.at ?? 0) - 60_000
        for (const one of all.slice(0, stop).filter(({ at }) => at > since)) see(after, one)
        for (const one of all.slice(stop)) see(after, one)
        expect(after.max).toEqual(bruteForce(all))
      }),
      { numRuns: 300 },
    )
  })

  it('draws, for each second, the largest count of any identity in it', () => {
    fc.assert(
      fc.property(traffic, fc.integer({ min: 0, max: 40_000 }), (all, pause) => {
        const watch = new TrafficWatch()
        for (const one of all) see(watch, one)
        const now = (all.at(-1)?.at ?? 0) + pause
        const { per_second, until } = watch.rate(now)
        const last = Math.floor(now / 1000)
        expect(per_second).toHaveLength(CURVE_S)
        expect(until).toBe(new Date(last * 1000).toISOString())
        const requests = all.flatMap(({ at, appId, subjects }) => subjects.map(([key]) => ({ at, key: appId + key })))
        const countAt = (end: number) => {
          const counts = new Map<string, number>()
          for (const { at, key } of requests) {
            if (at > end - 30_000 && at <= end) counts.set(key, (counts.get(key) ?? 0) + 1)
          }
          return Math.max(0, ...counts.values())
        }
        const expected = Array.from({ length: CURVE_S }, (_, index) => {
          const second = last - CURVE_S + 1 + index
          const ends = requests.filter(({ at }) => Math.floor(at / 1000) === second).map(({ at }) => at)
          return Math.max(...[second * 1000, ...ends].map(countAt))
        })
        expect(per_second).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })

  it('names who is the busiest', () => {
    const watch = new TrafficWatch()
    expect(watch.rate(0).busiest).toBeNull()
    see(watch, { at: 1000, appId: '1', subjects: [['identity:a/b:c', 1]] })
    see(watch, { at: 1000, appId: '1', subjects: [['identity:a/b:c', 1]] })
    see(watch, { at: 2000, appId: '2', subjects: [['user_id:7', 1]] })
    expect(watch.rate(30_999).busiest).toEqual({ app_id: '1', identity: 'a/b:c', requests: 2 })
    expect(watch.rate(31_000).busiest).toEqual({ app_id: '2', identity: '7', requests: 1 })
    expect(watch.rate(32_000).busiest).toBeNull()
  })
})
