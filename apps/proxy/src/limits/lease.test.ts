import { RollingWindow } from '@heap-edge/contract'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Lease, LEASE_MS } from './lease.ts'

const rule = { limit: 100, windowMs: 60_000 }

it('lets several isolates together never pass the limit in any window, and a lone one use all of it', () => {
  const step = fc.record({
    isolate: fc.nat({ max: 2 }),
    gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40_000 })),
    events: fc.integer({ min: 1, max: 30 }),
    sent: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const budget = new RollingWindow({ limit: rule.limit, windowMs: rule.windowMs + LEASE_MS })
      const isolates = [new Lease(), new Lease(), new Lease()]
      const passed: [number, number][] = []
      let now = 0
      for (const { isolate, gap, events, sent } of steps) {
        now += gap
        const lease = isolates[isolate] as Lease
        let ends = lease.take(now, events)
        if (ends === undefined) {
          if (budget.wait(now, events) > 0) continue
          const granted = events + Math.min(lease.ahead(now), budget.remaining(now) - events)
          budget.add(now, granted)
          lease.grant(now, granted)
          ends = lease.take(now, events)
          expect(ends).toBeGreaterThan(now)
        }
        if (sent) passed.push([now, events])
        else lease.giveBack(events, ends as number)
      }
      for (const [end] of passed) {
        const used = passed.reduce((sum, [at, n]) => (at > end - rule.windowMs && at <= end ? sum + n : sum), 0)
        expect(used).toBeLessThanOrEqual(rule.limit)
      }
    }),
    { numRuns: 300 },
  )
})

it('asks for no more than it needs until it is busy, and then seldom', () => {
  const lease = new Lease()
  expect(lease.ahead(0)).toBe(0)
  let asked = 0
  for (let now = 0; now < 10_000; now += 5) {
    if (lease.take(now, 1) !== undefined) continue
    asked++
    lease.grant(now, 1 + lease.ahead(now))
    lease.take(now, 1)
  }
  expect(asked).toBeLessThan(200 + 9 * 6)
  expect(lease.ahead(20_000)).toBe(0)
})

it('cannot be used after its time', () => {
  const lease = new Lease()
  lease.grant(0, 5)
  lease.grant(500, 5)
  expect(lease.take(LEASE_MS - 1, 10)).toBe(LEASE_MS)
  lease.grant(1000, 5)
  expect(lease.take(1000 + LEASE_MS, 1)).toBeUndefined()
})

it('gives back what was not sent until its lease ends, and does not lease ahead for it', () => {
  const lease = new Lease()
  lease.grant(0, 5)
  for (let now = 0; now < LEASE_MS; now++) lease.giveBack(5, lease.take(now, 5) as number)
  expect(lease.take(LEASE_MS, 1)).toBeUndefined()
  expect(lease.ahead(LEASE_MS)).toBe(0)
})
