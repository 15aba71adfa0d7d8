import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyOf, nextBatch, problemsOf } from './batch.ts'
import type { Row } from './store.ts'

const row = fc.record({
  key: fc.uuid(),
  path: fc.constantFrom('/api/track', '/api/v1/identify', '/api/add_user_properties'),
  who: fc.constantFrom('ialice', 'ibob', 'u1'),
  json: fc.nat(40_000).map((length) => `{"a":"${'x'.repeat(length)}"}`),
}) as fc.Arbitrary<Row>

const rows = fc
  .array(row, { maxLength: 30 })
  .map((rows) => rows.map((row) => ({ ...row, list: row.path === '/api/v1/identify' ? undefined : 'list' })))

it('takes the oldest of one path and owner, in order, and within the bounds', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 10 }), (rows, most) => {
      const batch = nextBatch(rows, most)
      expect(batch[0]).toBe(rows[0])
      const like = rows.filter(({ path, who }) => path === rows[0]?.path && who === rows[0].who)
      expect(batch).toEqual(like.slice(0, batch.length))
      expect(batch.length).toBeLessThanOrEqual(rows[0]?.list ? most : 1)
      const length = bodyOf(batch.length > 0 ? batch : [{ json: '{}' } as Row], '').length
      expect(batch.length < 2 || length <= 60_020).toBe(true)
      // No smaller than it has to be.
      const next = like[batch.length]
      if (next?.list && batch.length < most) expect(length + next.json.length + 1).toBeGreaterThan(60_000)
    }),
  )
})

it('comes to an end with all of them', () => {
  fc.assert(
    fc.property(rows, (rows) => {
      const taken = new Set<Row>()
      for (let left = rows; left.length > 0; left = left.filter((row) => !taken.has(row))) {
        for (const row of nextBatch(left, 3)) taken.add(row)
      }
      expect(taken.size).toBe(rows.length)
    }),
  )
})

describe('a body', () => {
  const one = { path: '/api/v1/identify', who: 'ia', json: '{"user_id":"1","identity":"a"}' } as Row
  const event = { path: '/api/track', list: 'events', who: 'ia', json: '{"event":"e"}' } as Row

  it('is a list, or one record', () => {
    expect(JSON.parse(bodyOf([event, event], '"app_id":"1","sent_at":5,'))).toEqual({
      app_id: '1',
      sent_at: 5,
      events: [{ event: 'e' }, { event: 'e' }],
    })
    expect(JSON.parse(bodyOf([one], '"sent_at":5,'))).toEqual({ sent_at: 5, user_id: '1', identity: 'a' })
  })

  it('has problems that belong to its records', () => {
    const problems = [
      { pointer: '/events/1/properties/plan', detail: 'is bad' },
      { pointer: '/events/12', detail: 'too' },
      { pointer: '/app_id', detail: 'as well' },
    ]
    expect(problemsOf(event, 1, problems)).toEqual([{ pointer: '/properties/plan', detail: 'is bad' }])
    expect(problemsOf(event, 12, problems)).toEqual([{ pointer: '', detail: 'too' }])
    expect(problemsOf(event, 0, problems)).toEqual([])
    expect(problemsOf(one, 0, [{ pointer: '/identity', detail: 'is none' }])).toEqual([
      { pointer: '/identity', detail: 'is none' },
    ])
  })
})
