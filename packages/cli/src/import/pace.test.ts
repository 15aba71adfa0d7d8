import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownersOf } from './owners.ts'
import { Pace } from './pace.ts'

interface Sent {
  at: number
  names: string[]
}

/** Most units in any span (t - windowMs, t], counted the slow way. */
function most(sent: Sent[], windowMs: number, units: (names: string[]) => number): number {
  return Math.max(
    0,
    ...sent.map(({ at: end }) =>
      sent.reduce((sum, { at, names }) => (at > end - windowMs && at <= end ? sum + units(names) : sum), 0),
    ),
  )
}

function send(kind: 'users' | 'events', requests: { gap: number; names: string[] }[]): Sent[] {
  const pace = new Pace(kind)
  let now = 0
  return requests.map(({ gap, names }) => {
    now += gap
    const request = { rows: names.length, owners: ownersOf(names) }
    for (let wait; (wait = pace.take(now, request)) > 0; now += wait) expect(wait).toBeLessThanOrEqual(61_000)
    return { at: now, names }
  })
}

const name = fc.nat({ max: 3 }).map((id) => `user-${id}`)
const gap = fc.oneof(fc.constant(0), fc.nat({ max: 500 }), fc.nat({ max: 20_000 }))
const requests = fc.array(fc.record({ gap, names: fc.array(name, { minLength: 1, maxLength: 300 }) }), {
  maxLength: 150,
})
const of = (wanted: string) => (names: string[]) => names.filter((name) => name === wanted).length

describe('the pace', () => {
  it("keeps Heap's limits of each identity in every span", () => {
    fc.assert(
      fc.property(requests, (requests) => {
        const sent = send('events', requests)
        for (const wanted of ['user-0', 'user-1', 'user-2', 'user-3']) {
          expect(most(sent, 30_000, (names) => Math.min(1, of(wanted)(names)))).toBeLessThanOrEqual(30)
          expect(most(sent, 60_000, of(wanted))).toBeLessThanOrEqual(1000)
        }
        expect(most(sent, 60_000, (names) => names.length)).toBeLessThanOrEqual(15_000)
      }),
      { numRuns: 40 },
    )
  })

  it('keeps that of the environment, and wastes nothing of it', () => {
    const request = (n: number) => ({ gap: 0, names: Array.from({ length: 1000 }, (_, index) => `user-${n}-${index}`) })
    const sent = send(
      'events',
      Array.from({ length: 31 }, (_, n) => request(n)),
    )
    expect(sent.map(({ at }) => at)).toEqual([...Array<number>(15).fill(0), ...Array<number>(15).fill(61_000), 122_000])
  })

  it('lets users through whom nobody limits', () => {
    const sent = send(
      'users',
      Array.from({ length: 40 }, (_, n) => ({ gap: 0, names: [`user-${n}`] })),
    )
    expect(sent.at(-1)?.at).toBe(0)
    const one = send(
      'users',
      Array.from({ length: 31 }, () => ({ gap: 1, names: ['alice'] })),
    )
    expect(one.at(-1)?.at).toBe(31_001)
  })
})
