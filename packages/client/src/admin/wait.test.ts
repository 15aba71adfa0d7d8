import { describe, expect, it } from 'vitest'
import { json, type Server } from '../fakes.ts'
import { fakeHeap, stating } from './fakes.ts'

const MINUTE = 60_000

/** How often each deletion was asked for, and when, in minutes. */
const asked = ({ calls }: ReturnType<typeof fakeHeap>) => {
  const start = calls()[0]?.at ?? 0
  return calls().map(({ url, at }) => `${url.split('/').at(-1)} ${(at - start) / MINUTE}`)
}

it('asks at once and then every ten minutes, each time with a token that holds', async () => {
  const heap = fakeHeap(stating('pending', 'pending', 'on its way', 'complete'))
  const statuses: string[] = []
  await heap.admin.waitForDeletion('a', { onStatus: ({ status }) => statuses.push(status) })
  expect(asked(heap)).toEqual(['a 0', 'a 10', 'a 20', 'a 30'])
  expect(statuses).toEqual(['pending', 'pending', 'on its way', 'complete'])
  expect(heap.fetchedTokens()).toBe(4)
})

it('outlives a token that runs out before its time', async () => {
  const heap = fakeHeap(stating('pending', 'pending', 'complete'))
  const wait = heap.admin.waitForDeletion('a', { every: MINUTE, onStatus: () => heap.issued.fill(-Infinity) })
  await wait
  expect(asked(heap)).toEqual(['a 0', 'a 1', 'a 1', 'a 2', 'a 2'])
  expect(heap.fetchedTokens()).toBe(3)
})

it('asks no more for those that are complete', async () => {
  const completeAt: Record<string, number> = { a: 2, b: 0, c: 1 }
  const rounds: Record<string, number> = {}
  const heap = fakeHeap(({ url }) => {
    const id = url.split('/').at(-1) ?? ''
    rounds[id] = (rounds[id] ?? -1) + 1
    const status = rounds[id] >= (completeAt[id] ?? 0) ? 'complete' : 'pending'
    return json(200, { deletion_request_id: id, status })
  })
  await heap.admin.waitForDeletion(['a', 'b', 'c', 'a'])
  expect(asked(heap)).toEqual(['a 0', 'b 0', 'c 0', 'a 10', 'c 10', 'a 20'])
})

it('has nothing to wait for without an id', async () => {
  const { admin, seen } = fakeHeap()
  await admin.waitForDeletion([])
  expect(seen).toEqual([])
})

describe('what goes wrong', () => {
  const failing: [string, () => Response][] = [
    ['503', () => json(503)],
    ['429', () => json(429)],
    ['no sense', () => new Response('<html>')],
    [
      'the network',
      () => {
        throw new TypeError('fetch failed')
      },
    ],
  ]

  it.each(failing)('is waited out where it is %s', async (_, fail) => {
    const complete = stating('complete')
    const server: Server = (request, index) => (index < 2 ? fail() : complete(request, index))
    const heap = fakeHeap(server, { retry: { giveUpAfter: 0 } })
    await heap.admin.waitForDeletion('a')
    expect(asked(heap)).toEqual(['a 0', 'a 10', 'a 20'])
  })

  it('is waited out where there is no token', async () => {
    const heap = fakeHeap(stating('complete'), { retry: { giveUpAfter: 0 } }, (_, index) =>
      index === 0 ? json(503) : json(200, { access_token: 't' }),
    )
    await heap.admin.waitForDeletion('a')
    expect(heap.fetchedTokens()).toBe(2)
  })

  it.each([404, 401, 400])('ends it where it is %i', async (status) => {
    const { admin, slept } = fakeHeap(() => json(status))
    await expect(admin.waitForDeletion(['a', 'b'])).rejects.toMatchObject({ name: 'HeapRequestError', status })
    expect(slept).toEqual([])
  })

  it('ends it where onStatus throws', async () => {
    const { admin } = fakeHeap(stating('pending'))
    const onStatus = () => {
      throw new Error('full')
    }
    await expect(admin.waitForDeletion('a', { onStatus })).rejects.toThrow('full')
  })
})

describe('when the time is up', () => {
  it('says the last status, after a last question', async () => {
    const heap = fakeHeap(stating('pending'))
    const late = heap.admin.waitForDeletion(['a', 'b', 'c'], { timeout: 25 * MINUTE })
    await expect(late).rejects.toMatchObject({
      name: 'HeapUnavailableError',
      message: 'Not complete after 1500000 ms: deletion a is pending, and 2 more',
    })
    await expect(late).rejects.not.toHaveProperty('cause')
    expect(asked(heap).filter((at) => at.startsWith('a'))).toEqual(['a 0', 'a 10', 'a 20', 'a 25'])
  })

  it('says why it could not ask', async () => {
    const { admin } = fakeHeap(() => json(503), { retry: { giveUpAfter: 0 } })
    await expect(admin.waitForDeletion('a', { timeout: 0 })).rejects.toMatchObject({
      name: 'HeapUnavailableError',
      message: 'Not complete after 0 ms: deletion a is not known',
      cause: { name: 'HeapUnavailableError', status: 503 },
    })
  })

  it('is a day by default', async () => {
    const heap = fakeHeap(stating('pending'))
    await expect(heap.admin.waitForDeletion('a')).rejects.toThrow('after 86400000 ms')
    expect(heap.calls()).toHaveLength(145)
  })
})

it.each(['before', 'while it waits'])('ends with the reason of the signal, aborted %s', async (when) => {
  const abort = new AbortController()
  if (when === 'before') abort.abort('enough')
  const { admin } = fakeHeap(stating('pending'), { sleep: async () => abort.abort('enough') })
  await expect(admin.waitForDeletion('a', { signal: abort.signal })).rejects.toBe('enough')
})

it.each([{ every: 0 }, { every: NaN }, { every: -1 }, { timeout: -1 }, { timeout: NaN }])(
  'refuses %o',
  async (options) => {
    const { admin, seen } = fakeHeap()
    await expect(admin.waitForDeletion('a', options)).rejects.toThrow(TypeError)
    expect(seen).toEqual([])
  },
)

it('sleeps no longer than a timer can', async () => {
  const { admin, slept } = fakeHeap(stating('pending', 'complete'))
  await admin.waitForDeletion('a', { every: Infinity, timeout: Infinity })
  expect(slept).toEqual([2 ** 31 - 1])
})
