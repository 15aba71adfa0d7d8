import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Busiest } from './busiest.ts'
import { type Busy, Meter, MOST_BUSY } from './meter.ts'

const SLOT_MS = 2000
const arrival = fc.record({
  afterMs: fc.nat(20_000),
  who: fc.constantFrom('a', 'b', 'c', 'd'),
  requests: fc.nat(40),
  events: fc.nat(1500),
})

it('counts what came within the windows, and nothing that is older by more than a slot', () => {
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 1, maxLength: 60 }), (arrivals) => {
      const busiest = new Busiest()
      let now = 1_000_000_007
      const came = arrivals.map(({ afterMs, who, requests, events }) => {
        now += afterMs
        busiest.add(now, [['1', who, requests, events]])
        return { at: now, who, requests, events }
      })
      const sum = (who: string, field: 'requests' | 'events', within: number) =>
        came.filter((one) => one.who === who && now - one.at < within).reduce((all, one) => all + one[field], 0)
      const found = busiest.top(now, 10)
      for (const who of ['a', 'b', 'c', 'd']) {
        const { requests = 0, events = 0 } = found.find(({ key }) => key === who) ?? {}
        expect(requests).toBeGreaterThanOrEqual(sum(who, 'requests', 30_000))
        expect(requests).toBeLessThanOrEqual(sum(who, 'requests', 30_000 + 2 * SLOT_MS))
        expect(events).toBeGreaterThanOrEqual(sum(who, 'events', 60_000))
        expect(events).toBeLessThanOrEqual(sum(who, 'events', 60_000 + 2 * SLOT_MS))
      }
      expect(found.map(({ share }) => share)).toEqual(found.map(({ share }) => share).toSorted((a, b) => b - a))
      expect(busiest.top(now + 60_000 + SLOT_MS, 10)).toEqual([])
    }),
  )
})

it('finds who sends much among ten thousand who send little, though it remembers only some', () => {
  const meter = new Meter()
  const busiest = new Busiest()
  const now = 5_000_000
  for (let second = 0; second < 5; second++) {
    for (let n = 0; n < 2000; n++) {
      meter.busy('1', `identity:quiet-${second}-${n}`, 1)
      if (n % 100 === 0) meter.busy('1', 'identity:often', 1)
      if (n === 500) meter.busy('1', 'identity:much', 900)
    }
    const { busy } = meter.take()
    expect(busy.length).toBeLessThanOrEqual(MOST_BUSY)
    busiest.add(now + second * 1000, busy)
  }
  const [often, much, ...others] = busiest.top(now + 5000, 100)
  expect(new Set([much?.key, often?.key])).toEqual(new Set(['identity:much', 'identity:often']))
  expect([often?.requests, much?.events]).toContain(100)
  expect([often?.events, much?.events]).toContain(4500)
  expect(others.length).toBeLessThan(100)
})

it('stays small in a slot to which many report', () => {
  const busiest = new Busiest()
  const of = (isolate: number): Busy[] =>
    Array.from({ length: MOST_BUSY }, (_, n) => ['1', `identity:${isolate}-${n}`, 1, 1])
  for (let isolate = 0; isolate < 50; isolate++) busiest.add(10_000, of(isolate))
  expect(busiest.top(10_000, 10_000).length).toBe(500)
})
