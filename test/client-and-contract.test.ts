/**
 * The client's check and the contract are two writings of the same rules. Whatever they are given, they must agree.
 */
import { requests, type RequestContract } from '@heap-edge/contract'
import fc from 'fast-check'
import { createHeap, type HeapRequestError, type RecordResult } from 'heap-edge'
import { createCheck } from 'heap-edge/check'
import { describe, expect, it } from 'vitest'

type CallName = 'track' | 'identify' | 'addUserProperties' | 'addAccountProperties'
type AnyCall = (record: object) => Promise<RecordResult>

const app_id = '123456789'
const minted = { timestamp: '2026-01-01T00:00:00.000Z', idempotency_key: 'key' }

/** What the client makes of a record: the body that it sends and its warnings, or its problems. */
async function byClient(name: CallName, record: object) {
  const bodies: string[] = []
  const heap = createHeap({
    appId: app_id,
    check: createCheck(),
    async fetch(_, init) {
      bodies.push(init.body as string)
      return new Response('{}')
    },
    now: () => Date.parse(minted.timestamp),
    uuid: () => minted.idempotency_key,
  })
  try {
    const { warnings = [] } = await (heap[name] as AnyCall)(record)
    return { body: JSON.parse(bodies[0] ?? '') as unknown, warnings: sorted(warnings) }
  } catch (error) {
    return { problems: ofFields((error as HeapRequestError).problems) }
  }
}

/** What the contract makes of it; the client mints what is missing. */
function byContract(name: CallName, record: object) {
  const contract: RequestContract<object> = requests[name]
  const result = contract.validate({ ...record, app_id })
  if (!result.ok) return { problems: ofFields(result.problems) }
  const mints = { track: minted, identify: { timestamp: minted.timestamp } }[name as 'track'] ?? {}
  const body: unknown = JSON.parse(JSON.stringify({ ...mints, ...result.value }))
  return { body, warnings: sorted(contract.warnings(record)) }
}

/** Places only: each may say it in its own words. */
function sorted(found: { pointer: string }[]): string[] {
  return [...new Set(found.map(({ pointer }) => pointer))].sort()
}

/** What zod says of the whole record is not to be relied on once a field is wrong. */
function ofFields(problems: { pointer: string }[]): string[] {
  const places = sorted(problems)
  return places.length > 1 ? places.filter((pointer) => pointer !== '') : places
}

const long = fc.nat(1030).map((length) => 'x'.repeat(length))
const shortText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ minLength: 1 }) },
  fc.string({ unit: 'grapheme' }),
  long,
  fc.constantFrom('', ' ', 'guest', ' NULL ', 'undefined', '[object Object]', 'alice@example.com'),
)
/** Some of it longer than Heap takes, and of characters that must not be split. */
const text = fc.oneof(
  { weight: 4, arbitrary: shortText },
  fc.string({ unit: 'grapheme', minLength: 300, maxLength: 600, size: 'max' }).map((graphemes) => graphemes.repeat(3)),
)
const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined))
const id = fc.oneof(text, text, fc.integer(), fc.constantFrom(1.5, 2 ** 53, -0), anything)
const userId = fc.oneof(
  fc.maxSafeNat(),
  fc.maxSafeNat().map(String),
  fc.constantFrom('9007199254740991', '9007199254740992', '007', '-1', '', ' 5', ['5']),
  anything,
)
const timestamp = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('2017-03-10', '2017-03-10 22:21', '2017-03-10T22:21:56+0100', '2017-13-40', 'yesterday', '0'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: 0, max: 2_000_000_000_000 }),
  anything,
)
const nested = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 10, depthSize: 'large' },
    fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('a', 'a/b', 'c~d', '__proto__')), tie('value'), { maxKeys: 2 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value
const name = fc.oneof(
  fc.string(),
  long,
  fc.constantFrom('id', 'ID', 'user_id', 'Email', 'email', 'toJSON', '__proto__'),
)
const properties = fc.oneof({ weight: 6, arbitrary: fc.dictionary(name, nested, { maxKeys: 4 }) }, anything)

/** Fields that may each be left out, beside some that nobody knows. */
const recordOf = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ ...fields, library: fc.constant('other') }, { requiredKeys: [] }).map(
    (record) =>
      // As it would come over the wire: no undefined, and -0 is 0.
      JSON.parse(JSON.stringify(record)) as object,
  )

const records: Record<CallName, fc.Arbitrary<object>> = {
  track: recordOf({
    event: fc.oneof(text, text, text, anything),
    identity: id,
    user_id: userId,
    properties,
    timestamp,
    session_id: id,
    idempotency_key: id,
  }),
  identify: recordOf({ user_id: userId, identity: id, timestamp }),
  addUserProperties: recordOf({ identity: id, properties }),
  addAccountProperties: recordOf({ account_id: id, properties }),
}

describe.each(Object.keys(records) as CallName[])('%s', (call) => {
  it('is accepted by one where it is by the other, and is the same on the wire', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(records[call], async (record) => {
        const client = await byClient(call, record)
        expect(client).toEqual(byContract(call, record))
        if ('body' in client) accepted++
      }),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(50)
  })
})

it('agrees on records that are whole', async () => {
  const good = fc.record({
    event: fc.string({ minLength: 1 }),
    identity: fc.string({ minLength: 2 }).map((name) => `${name}@example.com`),
    properties: fc.dictionary(fc.string(), nested),
  })
  await fc.assert(
    fc.asyncProperty(good, async (record) => {
      expect(await byClient('track', record)).toEqual(byContract('track', record))
    }),
    { numRuns: 1000 },
  )
})
