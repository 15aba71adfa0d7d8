import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import {
  HeapError,
  HeapRateLimitError,
  HeapRequestError,
  HeapUnavailableError,
  isHeapError,
  isHeapRateLimitError,
  isHeapRequestError,
  isHeapUnavailableError,
} from './errors.ts'

it.each([
  [HeapRequestError, isHeapRequestError],
  [HeapRateLimitError, isHeapRateLimitError],
  [HeapUnavailableError, isHeapUnavailableError],
])('%o has a guard', (Kind, guard) => {
  const error = new Kind('no')
  expect(error).toBeInstanceOf(HeapError)
  expect(String(error)).toBe(`${Kind.name}: no`)
  expect([isHeapRequestError, isHeapRateLimitError, isHeapUnavailableError].filter((is) => is(error))).toEqual([guard])
  expect(isHeapError(error)).toBe(true)
})

it('knows what it is told, and nothing else', () => {
  const cause = new TypeError('fetch failed')
  const problems = [{ pointer: '/event', detail: 'must not be empty' }]
  const error = new HeapRequestError('no', { status: 400, problems, retryAfterMs: 5, cause })
  expect(error).toMatchObject({ status: 400, problems, retryAfterMs: 5, cause })
  expect(new HeapError('no')).toMatchObject({ problems: [] })
  expect('cause' in new HeapError('no')).toBe(false)
})

it('recognises errors of another realm or another copy of the package', () => {
  const foreign: unknown = runInNewContext(
    `class HeapRequestError extends Error { name = 'HeapRequestError' }; new HeapRequestError('no')`,
  )
  expect(foreign instanceof HeapRequestError).toBe(false)
  expect(isHeapRequestError(foreign)).toBe(true)
  expect(isHeapError(foreign)).toBe(true)
})

it.each([undefined, null, 'HeapError', 5, new Error('no'), {}])('%o is none', (value) => {
  expect(isHeapError(value)).toBe(false)
})
