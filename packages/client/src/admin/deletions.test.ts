import { describe, expect, it } from 'vitest'
import { isHeapError } from '../errors.ts'
import { json, type Seen } from '../fakes.ts'
import { DELETION_PATH, fakeHeap, stating, taking } from './fakes.ts'
import type { DeletionRequest } from './types.ts'

const users = (count: number) => Array.from({ length: count }, (_, user_id) => ({ user_id }))
const usersIn = ({ body }: Seen) => body.users as { user_id: number }[]

describe('deleteUsers', () => {
  it('submits the users as Heap wants them', async () => {
    const { admin, calls } = fakeHeap()
    expect(await admin.deleteUsers([{ identity: 'alice@example.com' }, { user_id: '7' }])).toEqual([
      { deletion_request_id: 'id-0', status: 'pending', users: 2 },
    ])
    expect(calls().map(({ method, url, headers, text }) => [method, url, headers.get('content-type'), text])).toEqual([
      [
        'POST',
        `https://heapanalytics.com${DELETION_PATH}`,
        'application/json',
        '{"users":[{"identity":"alice@example.com"},{"user_id":7}]}',
      ],
    ])
  })

  it('submits 25 000 users in three requests, one after the other and in order', async () => {
    let running = 0
    const { admin, calls, fetchedTokens } = fakeHeap(async (request, index) => {
      expect(++running).toBe(1)
      await new Promise(setImmediate)
      running--
      return taking(request, index)
    })
    const told: DeletionRequest[] = []
    const submitted = await admin.deleteUsers(users(25_000), { onSubmitted: (request) => told.push(request) })
    expect(submitted).toEqual([
      { deletion_request_id: 'id-0', status: 'pending', users: 10_000 },
      { deletion_request_id: 'id-1', status: 'pending', users: 10_000 },
      { deletion_request_id: 'id-2', status: 'pending', users: 5000 },
    ])
    expect(told).toEqual(submitted)
    expect(calls().flatMap(usersIn)).toEqual(users(25_000))
    expect(fetchedTokens()).toBe(1)
  })

  it('submits nothing where one of them is wrong', async () => {
    const { admin, seen } = fakeHeap()
    const wrong = admin.deleteUsers([...users(20_000), { identity: '' }])
    await expect(wrong).rejects.toMatchObject({
      name: 'HeapRequestError',
      problems: [{ pointer: '/users/20000/identity' }],
    })
    await expect(admin.deleteUsers([])).rejects.toMatchObject({ name: 'HeapRequestError' })
    expect(seen).toEqual([])
  })

  it.each([408, 425, 429, 500, 503, 'network'])('submits again after %s', async (status) => {
    const { admin, calls } = fakeHeap((request, index) => {
      if (index > 1) return taking(request, index)
      if (status === 'network') throw new TypeError('fetch failed')
      return json(Number(status))
    })
    expect(await admin.deleteUsers(users(3))).toMatchObject([{ deletion_request_id: 'id-2' }])
    expect(new Set(calls().map(({ text }) => text)).size).toBe(1)
  })

  it.each([
    [400, 'HeapRequestError'],
    [429, 'HeapRateLimitError'],
    [503, 'HeapUnavailableError'],
  ])('tells with the error what Heap took before it answered %i', async (status, name) => {
    const { admin } = fakeHeap((request, index) =>
      index < 2
        ? taking(request, index)
        : json(status, { errors: [{ pointer: '/users', detail: 'no' }] }, { 'retry-after': '999' }),
    )
    const error: unknown = await admin.deleteUsers(users(25_000)).catch((error: unknown) => error)
    expect(isHeapError(error)).toBe(true)
    expect(error).toMatchObject({
      name,
      status,
      retryAfterMs: 999_000,
      problems: [{ pointer: '/users', detail: 'no' }],
      message: expect.stringContaining(`answered ${status}`),
      submitted: [
        { deletion_request_id: 'id-0', users: 10_000 },
        { deletion_request_id: 'id-1', users: 10_000 },
      ],
    })
  })

  it('tells each of two calls its own, where both waited for one token', async () => {
    const both = Promise.withResolvers<void>()
    let expired = false
    const heap = fakeHeap(
      async (request, index) => {
        if (index === 1) {
          expired = true
          await heap.options.sleep(300_000)
          both.resolve()
        }
        await both.promise
        return taking(request, index)
      },
      { retry: { giveUpAfter: 0 } },
      () => (expired ? json(503) : json(200, { access_token: 't' })),
    )
    const endings = await Promise.allSettled([1, 2].map(() => heap.admin.deleteUsers(users(20_000))))
    expect(endings).toMatchObject(
      ['id-0', 'id-1'].map((id) => ({
        status: 'rejected',
        reason: { name: 'HeapUnavailableError', status: 503, submitted: [{ deletion_request_id: id }] },
      })),
    )
    expect(heap.fetchedTokens()).toBe(2)
  })

  it('keeps the cause of an error', async () => {
    const { admin } = fakeHeap(
      () => {
        throw new TypeError('fetch failed')
      },
      { retry: { giveUpAfter: 0 } },
    )
    await expect(admin.deleteUsers(users(1))).rejects.toMatchObject({
      submitted: [],
      cause: { name: 'TypeError', message: 'fetch failed' },
    })
  })

  it('ends between two requests when aborted, and has told what was taken', async () => {
    const abort = new AbortController()
    const told: string[] = []
    const { admin, calls } = fakeHeap()
    const ending = admin.deleteUsers(users(25_000), {
      signal: abort.signal,
      onSubmitted({ deletion_request_id }) {
        told.push(deletion_request_id)
        abort.abort('enough')
      },
    })
    await expect(ending).rejects.toBe('enough')
    expect([told, calls().length]).toEqual([['id-0'], 1])
  })
})

describe('deletionStatus', () => {
  it.each(['pending', 'complete', 'on its way'])('tells that it is %s', async (status) => {
    const { admin, calls } = fakeHeap(stating(status))
    expect(await admin.deletionStatus('id-7')).toEqual({ deletion_request_id: 'id-7', status })
    expect(calls().map(({ method, url }) => [method, url])).toEqual([
      ['GET', 'https://heapanalytics.com/api/public/v0/deletion_status/id-7'],
    ])
  })

  it('puts the id into the path and nowhere else', async () => {
    const { admin, calls } = fakeHeap(stating('pending'))
    await admin.deletionStatus("a/b?c=d#e$'@é ")
    expect(calls()[0]?.url).toBe(
      "https://heapanalytics.com/api/public/v0/deletion_status/a%2Fb%3Fc%3Dd%23e%24'%40%C3%A9%20",
    )
  })

  it.each(['', '.', '..', '../user_deletion', '\ud800', undefined, 7])('refuses %j as an id', async (id) => {
    const { admin, seen } = fakeHeap()
    await expect(admin.deletionStatus(id as string)).rejects.toMatchObject({
      name: 'HeapRequestError',
      problems: [expect.anything()],
    })
    expect(seen).toEqual([])
  })

  it('is refused with 404 where Heap does not know it', async () => {
    const { admin } = fakeHeap(() => json(404, { err: { message: 'Not found' } }))
    await expect(admin.deletionStatus('a')).rejects.toMatchObject({ name: 'HeapRequestError', status: 404 })
  })
})

it.each(['', 'OK', '{}', '[]', 'null', '{"deletion_request_id":"a"}', '{"deletion_request_id":7,"status":"pending"}'])(
  'an answer %j is none of Heap, and is not asked for again',
  async (text) => {
    const { admin, calls } = fakeHeap(() => new Response(text, { status: 201 }))
    await expect(admin.deleteUsers(users(1))).rejects.toMatchObject({
      name: 'HeapUnavailableError',
      status: 201,
      submitted: [],
    })
    await expect(admin.deletionStatus('a')).rejects.toMatchObject({ name: 'HeapUnavailableError', status: 201 })
    expect(calls()).toHaveLength(2)
  },
)
