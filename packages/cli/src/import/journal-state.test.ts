import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Chunk } from './chunk.ts'
import { doneSpans, knownOf, readJournal } from './journal-state.ts'

const head = { journal: 1, id: 'id', kind: 'users', to: 'x', startedAt: '2026-11-25T00:00:00.000Z' }
const begun = (chunk: number) => ({
  chunk,
  first: chunk * 10 + 2,
  last: chunk * 10 + 11,
  rows: 10,
  sha256: `hash-${chunk}`,
})
const done = (chunk: number) => ({
  chunk,
  at: 5,
  sent: 10,
  queued: 0,
  suppressed: 0,
  refused: 0,
  requests: 1,
  retries: 0,
})
const lines = [head, begun(0), begun(1), done(1), begun(2), done(0), { ended: true }]
const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')

describe('a journal', () => {
  it('is read', () => {
    const state = readJournal(text, 'j')
    expect(state).toMatchObject({ head, ended: true, bytes: text.length })
    expect([...(state?.begun.keys() ?? [])]).toEqual([0, 1, 2])
    expect([...(state?.done.keys() ?? [])]).toEqual([1, 0])
    expect(state && doneSpans(state)).toEqual([
      [0, 11],
      [11, 21],
    ])
  })

  it('may be torn anywhere: what is whole counts, and nothing that is not', () => {
    fc.assert(
      fc.property(fc.nat({ max: text.length }), (length) => {
        const state = readJournal(text.slice(0, length), 'j')
        const whole = text.slice(0, length).split('\n').length - 1
        if (whole === 0) {
          expect(state).toBeUndefined()
          return
        }
        expect(state?.begun.size).toBe(lines.slice(0, whole).filter((line) => 'sha256' in line).length)
        expect(state?.done.size).toBe(lines.slice(0, whole).filter((line) => 'requests' in line).length)
        expect(text.slice(0, state?.bytes).endsWith('\n')).toBe(true)
      }),
    )
  })

  it('is refused where it is damaged, or none', () => {
    expect(() => readJournal(text.replace('"rows"', 'rows'), 'j')).toThrow('j is damaged in line 2')
    for (const other of ['{"a":1}\n', 'identity,plan\n', 'one line']) {
      expect(() => readJournal(other, 'j')).toThrow('j is no journal of an import: name another file by --journal.')
    }
  })

  it('knows a chunk that has changed', () => {
    const state = readJournal(text, 'j') as NonNullable<ReturnType<typeof readJournal>>
    const chunk = (index: number, sha256 = `hash-${index}`) =>
      ({ index, first: index * 10 + 2, last: index * 10 + 11, sha256 }) as Chunk
    expect(knownOf(chunk(1), state)).toMatchObject({ begun: true, done: { sent: 10 } })
    expect(knownOf(chunk(2), state)).toEqual({ begun: true, done: undefined })
    expect(knownOf(chunk(3), state)).toEqual({ begun: false, done: undefined })
    expect(() => knownOf(chunk(2, 'other'), state)).toThrow('from line 22 on')
  })
})
