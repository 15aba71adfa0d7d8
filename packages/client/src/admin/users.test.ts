import { defineRequests } from '@heap-edge/contract'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type HeapRequestError, isHeapRequestError } from '../errors.ts'
import type { DeletableUser } from './types.ts'
import { requestsOf } from './users.ts'

function refusal(users: unknown): HeapRequestError | undefined {
  try {
    requestsOf(users as DeletableUser[])
  } catch (error) {
    if (isHeapRequestError(error)) return error
    throw error
  }
}

it('writes them as Heap does in its example', () => {
  const users = [
    { identity: 'alice@example.com' },
    { user_id: '5954094055083999' },
    { user_id: 7 },
    { user_id: '007', identity: undefined },
    { user_id: '9007199254740991' },
    { identity: 'guest', name: 'not sent' },
    { identity: 'é'.repeat(255) },
  ]
  expect(requestsOf(users)).toEqual([
    [
      { identity: 'alice@example.com' },
      { user_id: 5954094055083999 },
      { user_id: 7 },
      { user_id: 7 },
      { user_id: 9007199254740991 },
      { identity: 'guest' },
      { identity: 'é'.repeat(255) },
    ],
  ])
})

it.each([
  [{}, ''],
  [null, ''],
  ['alice', ''],
  [[], ''],
  [{ identity: 'secret', user_id: 1 }, ''],
  [{ email: 'secret' }, ''],
  [{ identity: '' }, '/identity'],
  [{ identity: ' \u200b' }, '/identity'],
  [{ identity: 5954094055083999 }, '/identity'],
  [{ identity: null }, '/identity'],
  [{ identity: 'x'.repeat(256) }, '/identity'],
  [{ identity: 'secret\ud800' }, '/identity'],
  [{ user_id: '' }, '/user_id'],
  [{ user_id: 'secret' }, '/user_id'],
  [{ user_id: '9007199254740992' }, '/user_id'],
  [{ user_id: 2 ** 53 }, '/user_id'],
  [{ user_id: -1 }, '/user_id'],
  [{ user_id: 1.5 }, '/user_id'],
  [{ user_id: NaN }, '/user_id'],
  [{ user_id: 7n }, '/user_id'],
])('refuses %o, by its place and without showing it', (user, at) => {
  const error = refusal([{ identity: 'alice' }, user, { user_id: 1 }])
  expect(error?.problems).toEqual([{ pointer: `/users/1${at}`, detail: expect.stringMatching(/^must /) }])
  expect(error?.message).toMatch(/^Not sent to \/api\/public\/v0\/user_deletion: \/users\/1/)
  expect(JSON.stringify([error?.message, error?.problems])).not.toContain('secret')
})

it.each([[[]], [undefined], [null], ['alice'], [{ identity: 'a' }], [new Set([{ identity: 'a' }])]])(
  'refuses %o',
  (users) => {
    expect(refusal(users)?.problems).toEqual([{ pointer: '/users', detail: expect.any(String) }])
  },
)

it('tells all problems at once, and at most 100', () => {
  const users = Array.from({ length: 25_000 }, (_, index) => (index === 3 ? { identity: '' } : { identity: 'a' }))
  users[24_999] = { identity: '' }
  expect(refusal(users)?.problems.map(({ pointer }) => pointer)).toEqual(['/users/3/identity', '/users/24999/identity'])
  const many = refusal(Array.from({ length: 25_000 }, () => ({})))
  expect(many?.problems).toHaveLength(100)
  expect(many?.message.length).toBeLessThan(400)
})

it('puts at most 10 000 into a request, and keeps the order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30_000 }), (count) => {
      const requests = requestsOf(Array.from({ length: count }, (_, user_id) => ({ user_id })))
      expect(requests.slice(0, -1).every(({ length }) => length === 10_000)).toBe(true)
      expect(requests.at(-1)?.length).toBeLessThanOrEqual(10_000)
      expect(requests.flat()).toEqual(Array.from({ length: count }, (_, user_id) => ({ user_id })))
    }),
    { numRuns: 8 },
  )
})

it('agrees with the contract on who can be deleted', () => {
  const { userDeletion } = defineRequests({
    refuseMergingIdentities: false,
    nested: 'refuse',
    userPropertiesKey: false,
  })
  const id = fc.oneof(
    fc.string(),
    fc.integer({ min: 250, max: 260 }).map((length) => 'é'.repeat(length)),
    fc.constantFrom('\ud800', 'a\udc00', '😀', '\u0000'),
    fc.maxSafeNat().map(String),
    fc.constantFrom('', ' ', '\u200b', 'guest', '007', '9007199254740992'),
  )
  const user = fc.oneof(
    fc.record({ identity: id }),
    fc.record({ user_id: fc.oneof(id, fc.maxSafeInteger(), fc.double(), fc.jsonValue({ maxDepth: 1 })) }),
    fc.record({ identity: id, user_id: id }, { requiredKeys: [] }),
    fc.jsonValue({ maxDepth: 1 }),
  )
  const property = fc.property(user, (user) => {
    const result = userDeletion.validate({ users: [user] })
    const wire = refusal([user]) ? undefined : requestsOf([user as DeletableUser])[0]
    const inNumbers = result.ok
      ? result.value.users.map(({ identity, user_id }) =>
          user_id === undefined ? { identity } : { user_id: +user_id },
        )
      : undefined
    // The contract takes a number for an identity, for what is not deleted.
    if (typeof (user as { identity?: unknown } | null)?.identity !== 'number') expect(wire).toEqual(inNumbers)
  })
  fc.assert(property, { numRuns: 1000 })
  expect(userDeletion.validate({ users: [{ identity: 'guest' }] }).ok).toBe(true)
})
