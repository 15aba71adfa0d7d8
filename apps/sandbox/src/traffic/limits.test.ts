import { PATHS } from '@heap-edge/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrivalBy, arrivalOf } from './arrival.ts'
import { Limits } from './limits.ts'

const track = (appId: string, ...subjects: [string, number][]) => arrivalBy(PATHS.track, appId, subjects)

describe('Limits', () => {
  it('let through exactly what stays within all three, whatever comes', () => {
    const requests = fc.array(
      fc.record({
        gap: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(0, 5000, 29_999, 30_000, 60_000)),
        subjects: fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 700 })), {
          minLength: 1,
          maxLength: 3,
          selector: ([key]) => key,
        }),
      }),
      { maxLength: 150 },
    )
    fc.assert(
      fc.property(requests, (all) => {
        const limits = new Limits()
        const passed: { at: number; subjects: [string, number][] }[] = []
        let now = 0
        for (const { gap, subjects } of all) {
          now += gap
          const within = (ms: number) => passed.filter(({ at }) => at > now - ms)
          const of = (name: string, ms: number, units: (events: number) => number) =>
            within(ms)
              .flatMap((one) => one.subjects)
              .reduce((sum, [key, events]) => (key === name ? sum + units(events) : sum), 0)
          const total = [...within(60_000).flatMap((one) => one.subjects), ...subjects]
          const fits =
            subjects.every(([key, events]) => {
              return of(key, 30_000, () => 1) < 30 && of(key, 60_000, (units) => units) + events <= 1000
            }) && total.reduce((sum, [, events]) => sum + events, 0) <= 15_000
          expect(limits.take(now, track('1', ...subjects)) === undefined).toBe(fits)
          if (fits) passed.push({ at: now, subjects })
        }
      }),
      { numRuns: 200 },
    )
  })

  it('say which of them is exceeded', () => {
    const limits = new Limits()
    for (let i = 0; i < 30; i++) expect(limits.take(i, track('1', ['identity:a', 1]))).toBeUndefined()
    expect(limits.take(100, track('1', ['identity:a', 1]))).toBe('more than 30 requests of a in 30 s')
    expect(limits.take(100, track('1', ['identity:b', 1001]))).toBe('more than 1000 events of b in 60 s')
    for (let i = 0; i < 15; i++) limits.take(100, track('2', [`identity:${i}`, 1000]))
    expect(limits.take(100, track('2', ['identity:z', 1]))).toBe('more than 15000 events of the environment in 60 s')
  })

  it('do not hold for identify and account properties', () => {
    const limits = new Limits()
    for (const path of [PATHS.identify, PATHS.addAccountProperties]) {
      for (let i = 0; i < 40; i++) expect(limits.take(0, arrivalBy(path, '1', [['identity:a', 0]]))).toBeUndefined()
    }
    expect(limits.take(0, track('1', ['identity:a', 1]))).toBeUndefined()
  })
})

describe('arrivalOf', () => {
  it('counts each distinct identity of a bulk request once, and all its events', () => {
    const event = (identity: string) => ({ event: 'e', identity })
    expect(arrivalOf(PATHS.track, '1', [event('a'), event('b'), event('a'), { event: 'e', user_id: 'a' }])).toEqual({
      appId: '1',
      subjects: [
        ['identity:a', 2],
        ['identity:b', 1],
        ['user_id:a', 1],
      ],
      events: 4,
      limited: true,
    })
  })

  it('counts an identification for its identity, and accounts for nobody', () => {
    expect(arrivalOf(PATHS.identify, '1', [{ user_id: '7', identity: 'a' }]).subjects).toEqual([['identity:a', 0]])
    expect(arrivalOf(PATHS.addAccountProperties, '1', [{ account_id: 'acme' }]).subjects).toEqual([])
  })
})
