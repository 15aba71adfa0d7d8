import { requests, type TrackEvent } from '@heap-edge/contract'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { correctClock, sentAt } from './clock.ts'

const first = Date.parse('0000-01-01T00:00:00Z')
const last = Date.parse('9999-12-31T23:59:59.999Z')
const time = fc.integer({ min: first, max: last })
const iso = (ms: number) => new Date(ms).toISOString()
const eventAt = (ms: number): TrackEvent => ({ event: 'e', identity: 'alice', timestamp: iso(ms) })

it('puts an event as long before the arrival as it was before the sending, and always at a time that Heap takes', () => {
  const property = fc.property(fc.array(time), time, time, (times, sent, now) => {
    const events = times.map(eventAt)
    correctClock(events, sent, now)
    for (const [index, { timestamp = '' }] of events.entries()) {
      const before = times[index] as number
      const shifted = Math.abs(now - sent) <= 60_000 ? before : before + now - sent
      expect(Date.parse(timestamp)).toBe(Math.min(Math.max(shifted, first), last))
      expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }
    if (events.length > 0) expect(requests.track.validate({ app_id: '1', events }).ok).toBe(true)
  })
  fc.assert(property)
  fc.assert(fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (sent) => correctClock([eventAt(0)], sent, 0)))
})

it.each([
  [0, 0],
  [60_000, 0],
  [-60_000, 0],
  [60_001, 60_001],
  [-60_001, -60_001],
])('where the clock is %i ms behind, shifts by %i', (behind, shift) => {
  const now = Date.parse('2026-05-01T12:00:00Z')
  const zoned = { event: 'e', identity: 'a', timestamp: '2026-05-01T13:59+02:00' } as const
  const records = [{ ...zoned }, { event: 'e', user_id: '1' }, { identity: 'a' }, { account_id: 'a' }]
  correctClock(records, now - behind, now)
  const timestamp = shift === 0 ? zoned.timestamp : iso(Date.parse('2026-05-01T11:59:00Z') + shift)
  expect(records).toEqual([
    { ...zoned, timestamp },
    { event: 'e', user_id: '1' },
    { identity: 'a' },
    { account_id: 'a' },
  ])
})

it.each([
  ['2017-03-10T22:21:56Z', 1489184516000],
  ['2017-03-10T22:21:56.789Z', 1489184516789],
  ['2017-03-11T00:21:56+02:00', 1489184516000],
  [1489184516000, 1489184516000],
  [0, 0],
  ['2017-03-10T22:21:56', undefined],
  ['2017-02-30T22:21:56Z', undefined],
  ['2017-03-10', undefined],
  ['1489184516000', undefined],
  ['', undefined],
  [1e16, undefined],
  [null, undefined],
  [{}, undefined],
  [true, undefined],
])('reads %j as %j', (value, ms) => expect(sentAt.safeParse(value).data).toBe(ms))
