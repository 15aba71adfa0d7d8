import { describe, expect, it } from 'vitest'
import { decideJoin } from './joins.ts'

const DAY = 86_400_000
const times = (count: number, at: number) => Array<number>(count).fill(at)

describe('decideJoin', () => {
  it('gives a user_id one identity, for ever', () => {
    expect(decideJoin({ current: undefined, joinedAt: [] }, 'a', 0)).toBe('join')
    expect(decideJoin({ current: 'a', joinedAt: [0] }, 'a', 1)).toBe('known')
    expect(decideJoin({ current: 'a', joinedAt: [] }, 'A', 1000 * DAY)).toHaveProperty('dropped')
  })

  it('gives an identity 10 user_ids in any 30 days', () => {
    const full = { current: undefined, joinedAt: times(10, 0) }
    expect(decideJoin({ current: undefined, joinedAt: times(9, 0) }, 'a', 1)).toBe('join')
    expect(decideJoin(full, 'a', 30 * DAY - 1)).toHaveProperty('dropped')
    expect(decideJoin(full, 'a', 30 * DAY)).toBe('join')
    expect(decideJoin({ current: 'a', joinedAt: times(10, 0) }, 'a', 1)).toBe('known')
  })
})
