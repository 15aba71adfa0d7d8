/**
 * Where a webhook goes.
 * @module
 */
import type { Field } from '../fields.ts'

/** An address, as both webhooks take it. Heap itself takes https only, but nobody has that on their own machine. */
export const url: Field = {
  ok: (value) => typeof value === 'string' && value.length <= 2000 && isTarget(value),
  must: 'must be an http or https address without a user in it',
}

function isTarget(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}
