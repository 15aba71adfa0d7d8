import { expect, it } from 'vitest'
import { bar, describe as describeState, duration } from './progress.ts'

const state = { rows: 30_000, bytes: 300, size: 900, elapsedMs: 10_000, rowsBefore: 10_000, bytesBefore: 100 }

it('tells rows, rate and the time that is left, of what this run does', () => {
  expect(describeState(state)).toBe('30,000 rows, 2,000/s, 30 s left')
  expect(describeState({ ...state, size: undefined })).toBe('30,000 rows, 2,000/s')
  expect(describeState({ ...state, waitsMs: 42_000 })).toBe("30,000 rows, 2,000/s, waits for Heap's limits, 42 s")
  expect(describeState({ ...state, rows: 0, rowsBefore: 0, elapsedMs: 0 })).toBe('0 rows, 0/s')
})

it('draws a bar where the end is known', () => {
  expect(bar(state)).toBe(`${'━'.repeat(8)}${'─'.repeat(16)}  33%  `)
  expect(bar({ ...state, size: undefined })).toBe('')
  expect(bar(state, 13)).toBe('━━────  33%  ')
  expect(bar(state, 7)).toBe('  33%  ')
  expect(bar(state, 6)).toBe('')
})

it.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [125, '2 min 5 s'],
  [4800, '1 h 20 min'],
])('says %d s as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})
