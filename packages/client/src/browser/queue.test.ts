import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HeapError } from '../errors.ts'
import { requestError } from './errors.ts'
import { createQueue, type Queue } from './queue.ts'
import type { Row } from './store.ts'

// Without IndexedDB and localStorage, as in Node, what is stored stays in memory, and for a page that comes later too.
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-24T12:00:00Z') })
  vi.stubGlobal('navigator', {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

let serial = 0
const database = () => `queue ${serial++}`

const failure = (status?: number, more: object = {}) =>
  requestError(`answered ${status}`, { ...(status && { status }), ...more })

/** A page with a server that answers by its number from 0. */
function page(answer: (rows: Row[], index: number) => HeapError | undefined, name = database(), maxQueued = 1000) {
  const requests: { at: number; records: string[]; keepalive: boolean }[] = []
  const told: { error: HeapError; row: Row | undefined }[] = []
  const world = { isActive: true }
  const queue = createQueue(
    name,
    maxQueued,
    async (rows, keepalive) => {
      requests.push({ at: Date.now(), records: rows.map(({ json }) => json), keepalive })
      return answer(rows, requests.length - 1)
    },
    () => world.isActive,
    () => {},
    (error, row) => told.push({ error, row }),
  )
  return { queue, requests, told, world }
}

const event = (n: number, who = 'u1') => ({ path: '/api/track', list: 'events', who, json: `{"n":${n}}` }) as const

async function addAll(queue: Queue, count: number): Promise<void> {
  const added = Promise.all(Array.from({ length: count }, (_, n) => queue.add(event(n))))
  await vi.advanceTimersByTimeAsync(0)
  await added
}

const everything = (count: number) => Array.from({ length: count }, (_, n) => `{"n":${n}}`)

describe('the policy: every status, after every attempt', () => {
  const attempts = [0, 1, 2, 3, 4, 5, 6, 7]
  const kept = [undefined, 401, 402, 403, 404, 405, 408, 409, 410, 415, 425, 429, 431, 451, 500, 502, 503, 504, 529]
  const refused = [400, 413, 422]

  it.each(kept.flatMap((status) => attempts.map((failures) => [status, failures] as const)))(
    '%s, %i times and then 200: nothing is lost',
    async (status, failures) => {
      const { queue, requests, told } = page((_, index) => (index < failures ? failure(status) : undefined))
      await addAll(queue, 2)
      await vi.advanceTimersByTimeAsync(1000)
      for (let turn = 0; turn < failures; turn++) {
        await vi.advanceTimersByTimeAsync(64_000)
      }
      expect(requests).toHaveLength(failures + 1)
      expect(await queue.flush()).toEqual({ sent: 2, dropped: 0, waiting: 0 })
      // The page is told where somebody has to put something right.
      const isTold = status !== undefined && status < 500 && status !== 429
      expect(told.filter(({ row }) => row)).toEqual([])
      expect(told).toHaveLength(isTold ? failures : 0)
    },
  )

  it.each(refused.flatMap((status) => attempts.map((failures) => [status, failures] as const)))(
    '%s is final, after %i times 503',
    async (status, failures) => {
      const { queue, requests, told } = page((_, index) => failure(index < failures ? 503 : status))
      await addAll(queue, 1)
      await vi.advanceTimersByTimeAsync(1000 + failures * 64_000)
      expect(requests).toHaveLength(failures + 1)
      expect(await queue.flush()).toEqual({ sent: 0, dropped: 0, waiting: 0 })
      expect(told).toMatchObject([{ error: { name: 'HeapRequestError', status }, row: { json: '{"n":0}' } }])
    },
  )

  it('waits longer each time, at random, and at most 64 s', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const { queue, requests } = page(() => failure(503))
    await addAll(queue, 1)
    await vi.advanceTimersByTimeAsync(400_000)
    const waits = requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0))
    expect(waits.slice(0, 9)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 64_000, 64_000])
  })

  it.each([429, 503])('keeps a pause that %i asks for, whoever wants to send', async (status) => {
    const { queue, requests } = page((_, index) =>
      index === 0 ? failure(status, { retryAfterMs: 90_000 }) : undefined,
    )
    await addAll(queue, 1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(80_000)
    await addAll(queue, 1)
    await queue.flush()
    queue.leave()
    queue.wake(0)
    await vi.advanceTimersByTimeAsync(9000)
    expect(requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(requests).toHaveLength(2)
    expect(await queue.flush()).toMatchObject({ sent: 2, waiting: 0 })
  })

  it('takes no pause of more than an hour, and none of none', async () => {
    const { queue, requests } = page((_, index) =>
      index < 2 ? failure(503, { retryAfterMs: index === 0 ? 1e15 : 0 }) : undefined,
    )
    await addAll(queue, 1)
    await vi.advanceTimersByTimeAsync(1000 + 3_600_000)
    expect(requests).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(2000)
    expect(requests).toHaveLength(3)
  })
})

describe('a request', () => {
  it('gathers for a second, or 500 records', async () => {
    const { queue, requests } = page(() => undefined)
    await addAll(queue, 3)
    await vi.advanceTimersByTimeAsync(900)
    expect(requests).toEqual([])
    await vi.advanceTimersByTimeAsync(100)
    expect(requests.map(({ records }) => records)).toEqual([everything(3)])
    await addAll(queue, 501)
    await vi.advanceTimersByTimeAsync(1)
    expect(requests.slice(1).map(({ records }) => records.length)).toEqual([500, 1])
  })

  it('outlives the page at the first attempt; the second does without', async () => {
    const { queue, requests } = page((_, index) => (index === 0 ? failure() : undefined))
    await addAll(queue, 1)
    await vi.advanceTimersByTimeAsync(3000)
    expect(requests.map(({ keepalive }) => keepalive)).toEqual([true, false])
  })

  it('that is too large is halved, and grows again', async () => {
    const { queue, requests, told } = page((rows) => (rows.length > 100 ? failure(413) : undefined))
    await addAll(queue, 1000)
    expect(await queue.flush()).toMatchObject({ sent: 1000 })
    expect(requests.slice(0, 4).map(({ records }) => records.length)).toEqual([500, 250, 125, 63])
    expect(told).toEqual([])
  })

  it('goes without those that are named, and each is told', async () => {
    const bad = (json: string) => /[37]}$/.test(json)
    const { queue, told, requests } = page((rows) => {
      const problems = rows.flatMap(({ json }, place) =>
        bad(json) ? [{ pointer: `/events/${place}/n`, detail: 'is bad' }] : [],
      )
      return problems.length > 0 ? failure(400, { problems }) : undefined
    })
    await addAll(queue, 10)
    expect(await queue.flush()).toEqual({ sent: 8, dropped: 0, waiting: 0 })
    expect(requests).toHaveLength(2)
    expect(told.map(({ error, row }) => [row?.json, error.problems])).toEqual([
      ['{"n":3}', [{ pointer: '/n', detail: 'is bad' }]],
      ['{"n":7}', [{ pointer: '/n', detail: 'is bad' }]],
    ])
  })

  it('is searched for the bad one where nobody names it', async () => {
    const { queue, told, requests } = page((rows) =>
      rows.some(({ json }) => json === '{"n":321}') ? failure(400) : undefined,
    )
    await addAll(queue, 500)
    expect(await queue.flush()).toEqual({ sent: 499, dropped: 0, waiting: 0 })
    expect(told.map(({ row }) => row?.json)).toEqual(['{"n":321}'])
    expect(requests.length).toBeLessThan(40)
  })

  it('of an owner who has no token waits, and the others go on', async () => {
    let hasToken = false
    const { queue, requests } = page((rows) => (rows[0]?.who === 'ialice' && !hasToken ? failure(401) : undefined))
    const added = [queue.add(event(0, 'ialice')), queue.add(event(1, 'u1')), queue.add(event(2, 'ialice'))]
    await vi.advanceTimersByTimeAsync(1000)
    await Promise.all(added)
    expect(requests.map(({ records }) => records)).toEqual([['{"n":0}', '{"n":2}'], ['{"n":1}']])
    expect(await queue.flush()).toMatchObject({ sent: 1, waiting: 2 })
    hasToken = true
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await queue.flush()).toMatchObject({ sent: 3, waiting: 0 })
  })

  it('of an owner who had no token goes in its order, whoever has one meanwhile', async () => {
    const { queue, requests } = page((_, index) => (index === 0 ? failure(401) : undefined))
    void queue.add(event(0, 'ialice'))
    await queue.flush()
    void queue.add(event(1, 'ialice'))
    expect(await queue.flush()).toMatchObject({ sent: 0, waiting: 2 })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests.slice(1).map(({ records }) => records)).toEqual([['{"n":0}', '{"n":1}']])
  })

  it('for an environment that the proxy does not know waits until that is put right', async () => {
    const problems = [{ pointer: '/app_id', detail: 'is not an environment that this proxy writes to' }]
    const { queue, requests, told } = page((_, index) => (index < 2 ? failure(400, { problems }) : undefined))
    await addAll(queue, 300)
    expect(await queue.flush()).toMatchObject({ sent: 0, waiting: 300 })
    expect(told).toMatchObject([{ error: { problems }, row: undefined }])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await queue.flush()).toMatchObject({ sent: 300 })
    expect(requests).toHaveLength(3)
  })
})

describe('the queue', () => {
  it('lets the oldest go beyond its bounds, counts them and tells', async () => {
    const { queue, requests, told } = page((_, index) => (index === 0 ? failure() : undefined), database(), 100)
    await addAll(queue, 130)
    await vi.advanceTimersByTimeAsync(1000)
    expect(told).toMatchObject([{ error: { message: '30 dropped' }, row: undefined }])
    expect(await queue.flush()).toEqual({ sent: 100, dropped: 30, waiting: 0 })
    expect(requests.at(-1)?.records).toEqual(everything(130).slice(30))
  })

  it('sends what the page still has when the page goes, and once', async () => {
    const { queue, requests } = page(() => undefined)
    void queue.add(event(0))
    queue.leave()
    queue.leave()
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ keepalive: true, records: ['{"n":0}'] })
    await vi.advanceTimersByTimeAsync(5000)
    expect(requests).toHaveLength(1)
    expect(await queue.flush()).toMatchObject({ sent: 1, waiting: 0 })
  })

  it('sends what is not under way when the page goes, of whomever', async () => {
    const { queue, requests } = page((_, index) => {
      if (index !== 1) return
      queue.leave()
      expect(requests.map(({ records }) => records)).toEqual([['{"n":0}'], ['{"n":1}'], ['{"n":2}']])
    })
    const added = ['u1', 'ialice', 'ibob'].map((who, n) => queue.add(event(n, who)))
    await vi.advanceTimersByTimeAsync(0)
    await Promise.all(added)
    expect(await queue.flush()).toMatchObject({ sent: 3, waiting: 0 })
    expect(requests).toHaveLength(3)
  })

  it('takes what was tracked just before a flush', async () => {
    const { queue } = page(() => undefined)
    void queue.add(event(0))
    expect(await queue.flush()).toMatchObject({ sent: 1, waiting: 0 })
  })

  it('stores what comes last, also while it may not send', async () => {
    const name = database()
    const first = page(() => failure(429, { retryAfterMs: 3_600_000 }), name)
    await addAll(first.queue, 1)
    await first.queue.flush()
    void first.queue.add(event(1))
    // No timer comes any more.
    first.queue.leave()
    await Promise.resolve()
    await Promise.resolve()
    vi.clearAllTimers()
    expect(first.requests).toHaveLength(1)
    expect(await page(() => undefined, name).queue.flush()).toMatchObject({ sent: 2 })
  })

  it('forgets what it has in hand, too', async () => {
    const { queue, requests } = page((_, index) => {
      if (index === 0) void queue.clear()
      return undefined
    })
    const added = ['u1', 'u2', 'u3'].map((who, n) => queue.add(event(n, who)))
    await vi.advanceTimersByTimeAsync(0)
    await Promise.all(added)
    await queue.flush()
    expect(requests.length).toBeLessThan(3)
    void queue.add(event(3))
    queue.leave()
    expect(requests.at(-1)?.records).toEqual(['{"n":3}'])
  })

  it('is empty when it is cleared, and sends nothing while it may not', async () => {
    const { queue, requests, world } = page(() => undefined)
    await addAll(queue, 3)
    world.isActive = false
    void queue.clear()
    await vi.advanceTimersByTimeAsync(100_000)
    expect(await queue.flush()).toMatchObject({ sent: 0, waiting: 0 })
    expect(requests).toEqual([])
  })

  it('lost nothing and doubles nothing, whatever happens to two pages and their server', async () => {
    const op = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('track' as const), page: fc.nat(1), bad: fc.nat(9) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(5000) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('leave', 'flush', 'crash'), page: fc.nat(1) }) },
    )
    const fault = fc.constantFrom('none', 'none', 'none', 'before', 'after', '503', '429', '403', '413', 'unnamed')
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 60 }), fc.array(fault, { maxLength: 40 }), async (ops, faults) => {
        const name = database()
        const server = new Set<string>()
        const tracked = new Set<string>()
        const bad = new Set<string>()
        const refused: string[] = []
        let n = 0

        function answer(rows: Row[]): HeapError | undefined {
          const fault = faults.shift()
          if (fault === 'before') return failure()
          if (fault === '503') return failure(503)
          if (fault === '403') return failure(403)
          if (fault === '429') return failure(429, { retryAfterMs: 3000 })
          if (fault === '413' && rows.length > 1) return failure(413)
          const found = rows.flatMap(({ json }, place) =>
            bad.has(json) ? [{ pointer: `/events/${place}`, detail: 'is bad' }] : [],
          )
          if (found.length > 0) return failure(400, { problems: fault === 'unnamed' ? [] : found })
          for (const { json } of rows) server.add(json)
          return fault === 'after' ? failure() : undefined
        }

        function open() {
          const opened = page(answer, name)
          return { ...opened, refuse: () => opened.told.flatMap(({ row }) => (row ? [row.json] : [])) }
        }
        const pages = [open(), open()]
        const all = [...pages]

        for (const op of ops) {
          if (op.kind === 'wait') {
            await vi.advanceTimersByTimeAsync(op.ms)
            continue
          }
          const [current] = pages.slice(op.page)
          if (!current) continue
          const { queue, world } = current
          if (op.kind === 'track') {
            const json = `{"n":${n}}`
            tracked.add(json)
            if (op.bad === 0) bad.add(json)
            void queue.add(event(n++))
          } else if (op.kind === 'crash') {
            // What was not stored yet is lost with the page; here it is let through, since nobody has been told that it is safe.
            await vi.advanceTimersByTimeAsync(0)
            world.isActive = false
            const next = open()
            pages[op.page] = next
            all.push(next)
          } else if (op.kind === 'leave') queue.leave()
          else void queue.flush()
        }
        faults.length = 0
        await vi.advanceTimersByTimeAsync(10_000)
        for (const { queue } of pages) {
          await queue.flush()
          await vi.advanceTimersByTimeAsync(100_000)
          expect(await queue.flush()).toMatchObject({ waiting: 0, dropped: 0 })
        }
        for (const page of all) refused.push(...page.refuse())
        expect(server).toEqual(tracked.difference(bad))
        expect(new Set(refused)).toEqual(bad)
      }),
      { numRuns: Number(process.env.MODEL_RUNS ?? 150) },
    )
  })
})
