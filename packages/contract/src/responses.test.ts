import { expect, it } from 'vitest'
import { errorMessage } from './responses.ts'

it.each([
  ['{"err":{"message":"Unauthorized"}}', 'Unauthorized'],
  ['{"error":"Unauthorized"}', 'Unauthorized'],
  ['{"error":{"message":"Unauthorized","code":1}}', 'Unauthorized'],
  ['{"message":"Unauthorized"}', 'Unauthorized'],
  ['{"error":{"code":1},"message":"Unauthorized"}', 'Unauthorized'],
  ['"Unauthorized"', 'Unauthorized'],
  ['Unauthorized\n', 'Unauthorized'],
  ['{}', undefined],
  ['', undefined],
  ['[]', undefined],
  ['null', undefined],
])('reads the reason out of %s', (body, message) => {
  expect(errorMessage(body)).toBe(message)
})
