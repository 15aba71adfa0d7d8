import { expect, it } from 'vitest'
import { readAnswer } from './answer.ts'
import { isHeapError } from './errors.ts'
import { json } from './fakes.ts'

const url = 'https://heapanalytics.com/api/track'
const read = (response: Response, text = '') => readAnswer(url, response, text, 0)

it.each([
  [json(200), 'delivered'],
  [new Response(null, { status: 204 }), 'delivered'],
  [json(202), 'queued'],
  [json(202, {}, { 'heap-edge-outcome': 'delivered' }), 'delivered'],
  [json(200, {}, { 'heap-edge-outcome': 'suppressed' }), 'suppressed'],
])('names the outcome of a good answer (%#)', (response, outcome) => {
  expect(read(response)).toEqual({ outcome })
})

it.each([
  ['{"type":"about:blank","detail":"event is missing"}', 'event is missing'],
  ['{"err":{"message":"Unauthorized"}}', 'Unauthorized'],
  ['{"error":{"message":"Unauthorized","code":1}}', 'Unauthorized'],
  ['{"error":"Unauthorized"}', 'Unauthorized'],
  ['{"error":{"code":1},"message":"Unauthorized"}', 'Unauthorized'],
  ['"Unauthorized"', 'Unauthorized'],
  ['Bad request', 'Bad request'],
  ['{}', 'no reason'],
  ['null', 'no reason'],
  ['[]', 'no reason'],
  [`{"detail":"${'x'.repeat(5000)}"}`, 'x'.repeat(300)],
])('reads the reason out of %.60s', (text, reason) => {
  expect(read(json(400), text)).toMatchObject({
    outcome: 'rejected',
    error: { name: 'HeapRequestError', status: 400, problems: [], message: `${url} answered 400: ${reason}` },
  })
})

it('takes a page for no answer of Heap, though it is 200', () => {
  const page = '\n<!doctype html><title>Sign in</title>'
  expect(read(new Response(page), page)).toMatchObject({
    outcome: 'failed',
    error: { name: 'HeapUnavailableError', status: 200 },
  })
  for (const text of ['', 'OK', '{}']) expect(read(new Response(text), text)).toEqual({ outcome: 'delivered' })
})

it('keeps the problems, and nothing that is none', () => {
  const problem = { pointer: '/events/0/event', detail: 'must not be empty' }
  const text = JSON.stringify({ detail: 'no', errors: [null, problem] })
  expect(read(json(400), text)).toMatchObject({ error: { problems: [problem] } })
  expect(read(json(400), '{"errors":{"event":["is missing"]}}')).toMatchObject({ error: { problems: [] } })
})

it.each([
  [400, 'rejected', 'HeapRequestError'],
  [401, 'rejected', 'HeapRequestError'],
  [413, 'rejected', 'HeapRequestError'],
  [304, 'rejected', 'HeapRequestError'],
  [408, 'failed', 'HeapUnavailableError'],
  [425, 'failed', 'HeapUnavailableError'],
  [429, 'failed', 'HeapRateLimitError'],
  [500, 'failed', 'HeapUnavailableError'],
  [599, 'failed', 'HeapUnavailableError'],
])('%i is %s, a %s', (status, outcome, name) => {
  const ending = read(new Response(null, { status, headers: { 'retry-after': '7' } }))
  expect(ending).toMatchObject({ outcome, error: { name, status, retryAfterMs: 7000 } })
  expect(isHeapError(ending.error)).toBe(true)
})
