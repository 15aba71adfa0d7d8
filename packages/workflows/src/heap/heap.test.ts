import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isActionError, isOptionError } from '../errors.ts'
import * as heap from './index.ts'

const endpoint = 'https://proxy.test'

/** A `fetch` that answers so, and what it was asked. */
function server(...answers: [status: number, body?: object, headers?: Record<string, string>][]) {
  const seen: { url: string; body: Record<string, unknown> }[] = []
  const fetch = async (url: string, { body }: RequestInit) => {
    const [status, answer = {}, headers = {}] = answers[Math.min(seen.length, answers.length - 1)] ?? [200]
    seen.push({ url, body: JSON.parse((body as string | null) ?? '{}') as Record<string, unknown> })
    return Response.json(answer, { status, headers })
  }
  return { seen, fetch }
}

it('cuts a list into chunks that are the list again', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 3000 }), fc.integer({ min: 1, max: 1000 }), (list, size) => {
      const parts = heap.chunks(list, size)
      expect(parts.flat()).toEqual(list)
      expect(parts.every(({ length }) => length > 0 && length <= size)).toBe(true)
      expect(parts).toHaveLength(Math.ceil(list.length / size))
    }),
    { numRuns: 30 },
  )
  expect(heap.chunks(Array.from({ length: 2001 }, () => 0)).map(({ length }) => length)).toEqual([1000, 1000, 1])
  expect(heap.chunks([1, 2], 5000)).toEqual([[1, 2]])
  expect(heap.chunks([1, 2], Number.NaN)).toEqual([[1, 2]])
})

it('gives events keys and times that are the same each time, and their own where they have some', () => {
  const events = [
    { event: 'Lead', identity: 'alice@example.com' },
    { event: 'Lead', identity: 'bob@example.com', idempotency_key: 'own', timestamp: '2025-01-01T00:00:00Z' },
  ]
  const keyed = heap.withKeys(events, 'run', new Date('2026-01-01T00:00:00Z'))
  expect(keyed).toEqual([{ ...events[0], idempotency_key: 'run-0', timestamp: '2026-01-01T00:00:00.000Z' }, events[1]])
})

it('brings a chunk in one request, the same each time', async () => {
  const { seen, fetch } = server([200])
  const users = Array.from({ length: 1000 }, (_, n) => ({ identity: `u${n}`, properties: { n } }))
  for (let n = 0; n < 2; n++) {
    expect(await heap.addUserProperties({ endpoint, users, fetch })).toEqual({
      delivered: 1000,
      queued: 0,
      suppressed: 0,
      rejected: 0,
      problems: [],
    })
  }
  expect(seen).toHaveLength(2)
  expect(seen[0]).toEqual(seen[1])
  expect(seen[0]?.url).toBe(`${endpoint}/api/add_user_properties`)
  const events = heap.withKeys([{ event: 'Lead', identity: 'alice@example.com' }], 'run', new Date(0))
  for (let n = 0; n < 2; n++) await heap.track({ endpoint, events, fetch })
  expect(seen[2]).toEqual(seen[3])
  await heap.addAccountProperties({ endpoint, accounts: [{ account_id: 'Urbanshee' }], fetch })
  expect(seen[4]?.body).toEqual({ accounts: [{ account_id: 'Urbanshee' }] })
})

it('refuses events that a repeat would double', async () => {
  const events = [{ event: 'Lead', identity: 'alice@example.com' }]
  const error: unknown = await heap.track({ endpoint, events }).catch((error: unknown) => error)
  expect(isOptionError(error) && error.message).toBe(
    'heap.track: events must each have an idempotency_key: see withKeys',
  )
})

it('is an error where Heap has to be asked again, without asking again itself', async () => {
  const { seen, fetch } = server([429, {}, { 'Retry-After': '7' }])
  const error: unknown = await heap
    .addUserProperties({ endpoint, users: [{ identity: 'alice@example.com' }], fetch })
    .catch((error: unknown) => error)
  expect(isActionError(error) && error).toMatchObject({
    action: 'heap.addUserProperties',
    status: 429,
    retryable: true,
    retryAfterMs: 7000,
  })
  expect(seen).toHaveLength(1)
})

it('tells of records that are refused, by their places, and brings the others', async () => {
  const problem = { detail: 'Bad', errors: [{ pointer: '/users/1/identity', detail: 'merges people' }] }
  const { fetch } = server([400, problem], [202])
  const users = [{ identity: 'alice@example.com' }, { identity: 'guest' }]
  expect(await heap.addUserProperties({ endpoint, users, fetch })).toMatchObject({
    queued: 1,
    rejected: 1,
    problems: [{ index: 1, problem: expect.stringContaining('answered 400') as string }],
  })
})

it('asks for a deletion, and how far it is', async () => {
  const deletion = { deletion_request_id: 'id', status: 'pending' }
  const token = { access_token: 'token' }
  const options = { appId: '123456789', apiKey: 's3cret', endpoint }
  const taking = server([200, token], [201, deletion])
  const users = [{ identity: '310068' }]
  expect(await heap.deleteUsers({ ...options, users, fetch: taking.fetch })).toEqual([{ ...deletion, users: 1 }])
  const telling = server([200, token], [200, { ...deletion, status: 'complete' }])
  expect(await heap.deletionStatus({ ...options, id: 'id', fetch: telling.fetch })).toMatchObject({
    status: 'complete',
  })
  const failing = server([503])
  const error: unknown = await heap.deleteUsers({ ...options, users, fetch: failing.fetch }).catch((e: unknown) => e)
  expect(isActionError(error) && error).toMatchObject({ action: 'heap.deleteUsers', status: 503, retryable: true })
  expect(failing.seen).toHaveLength(1)
})

it('names what is wrong with the settings of a deletion', async () => {
  const users = [{ identity: '310068' }]
  const error: unknown = await heap.deleteUsers({ appId: '1', apiKey: '', users }).catch((e: unknown) => e)
  expect(isOptionError(error) && error.option).toBe('apiKey')
  const many = Array.from({ length: 10_001 }, () => users[0]!)
  await expect(heap.deleteUsers({ appId: '1', apiKey: 'k', users: many })).rejects.toThrow(
    'users must be at most 10000',
  )
})
