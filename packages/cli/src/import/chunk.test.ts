import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cut, Cutter } from './chunk.ts'
import { overlap, ownersOf } from './owners.ts'

type Input = { size: number; good: boolean }

function cut(rows: Input[]): Cut[] {
  const cutter = new Cutter('{"users":[', ']}', () => 0)
  const chunks = rows.map(({ size, good }, index) =>
    good
      ? cutter.add(JSON.stringify('é'.repeat(size)), index + 2, `owner ${index % 7}`)
      : cutter.refuse({ line: index + 2, problems: [] }),
  )
  return [...chunks, cutter.end()].filter((chunk) => chunk !== undefined)
}

const textOf = ({ body }: Cut) => new TextDecoder().decode(body)

describe('a cutter', () => {
  it('has each row in one chunk, in order, within what a request may have', () => {
    const row = fc.record({ size: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 200_000 })), good: fc.boolean() })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const chunks = cut(rows)
        const sent = chunks.flatMap((chunk) =>
          chunk.rows > 0 ? (JSON.parse(textOf(chunk)) as { users: string[] }).users : [],
        )
        expect(sent.map((text) => text.length)).toEqual(rows.filter(({ good }) => good).map(({ size }) => size))
        const lines = chunks.flatMap(({ lines, refused }) => [...lines, ...refused.map(({ line }) => line)])
        expect(lines.toSorted((a, b) => a - b)).toEqual(rows.map((_, index) => index + 2))
        for (const [index, chunk] of chunks.entries()) {
          expect(chunk.index).toBe(index)
          expect(chunk.body.length).toBeLessThanOrEqual(1_000_000)
          expect(chunk.rows).toBe(chunk.lines.length)
          expect(chunk.first).toBeGreaterThan(chunks[index - 1]?.last ?? 0)
        }
        // The same again is the same.
        expect(cut(rows)).toEqual(chunks)
      }),
      { numRuns: 100 },
    )
  })

  it('cuts at 1000 rows, and refuses one that no request can hold', () => {
    expect(cut(Array.from({ length: 2001 }, () => ({ size: 1, good: true }))).map(({ rows }) => rows)).toEqual([
      1000, 1000, 1,
    ])
    const [chunk] = cut([{ size: 600_000, good: true }])
    expect(chunk).toMatchObject({ rows: 0, refused: [{ line: 2 }] })
  })

  it('keeps no endless list of refused rows', () => {
    const chunks = cut(Array.from({ length: 25_000 }, () => ({ size: 0, good: false })))
    expect(chunks.map(({ refused }) => refused.length)).toEqual([10_000, 10_000, 5000])
  })
})

it('knows who is in two lists', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30 })), fc.array(fc.nat({ max: 30 })), (one, other) => {
      const names = (ids: number[]) => ownersOf(ids.map((id) => `user-${id}@example.com`))
      expect(overlap(names(one), names(other))).toBe(one.some((id) => other.includes(id)))
    }),
  )
})
