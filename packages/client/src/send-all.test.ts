import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCheck } from './check/index.ts'
import { fakeWorld, json, type Seen, type Server } from './fakes.ts'
import { createHeap } from './heap.ts'
import type { HeapOptions } from './options.ts'

interface SentEvent {
  event: string
  idempotency_key: string
}

const eventsOf = ({ body }: Seen) => body.events as SentEvent[]
const named = (...names: string[]) => names.map((event) => ({ event, identity: 'a' }))
const many = (count: number) => Array.from({ length: count }, (_, index) => ({ event: `${index}`, identity: 'a' }))

function client(server?: Server, more: Partial<HeapOptions> = {}) {
  const world = fakeWorld(server)
  return { ...world, heap: createHeap({ appId: '123456789', ...world.options, ...more } as HeapOptions) }
}

describe('cutting', () => {
  it('sends 1000 at a time, one request after the other', async () => {
    let open = 0
    const { heap, seen } = client(async () => {
      expect(++open).toBe(1)
      await Promise.resolve()
      open--
      return json(200)
    })
    const report = await heap.track(many(2500))
    expect(seen.map((request) => eventsOf(request).length)).toEqual([1000, 1000, 500])
    expect(report).toMatchObject({ delivered: 2500, queued: 0, suppressed: 0, rejected: 0, failed: 0 })
    expect(report.results[2499]).toEqual({ index: 2499, outcome: 'delivered', idempotency_key: 'key-2499' })
  })

  it('sends nothing for an empty list', async () => {
    const { heap, seen } = client()
    expect(await heap.track([])).toMatchObject({ delivered: 0, results: [] })
    expect(seen).toEqual([])
  })

  it('identifies one at a time, in the single form', async () => {
    const { heap, seen } = client()
    const list = [1, 2, 3].map((user_id) => ({ user_id, identity: `user ${user_id}` }))
    expect(await heap.identify(list)).toMatchObject({ delivered: 3 })
    expect(seen.map(({ body }) => body)).toMatchObject(list)
  })

  it('loses nothing, doubles nothing, keeps the order, and never sends too much', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('é', '€', '👍', '"', '\n', '\ud800').map((c) => c.repeat(1000)),
    )
    const record = fc.record({
      event: fc.string({ minLength: 1 }),
      properties: fc.dictionary(fc.string(), text, { maxKeys: 3 }),
    })
    const lists = fc.array(record, { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 20 }), async (records, maxRecords) => {
        const { heap, seen } = client(undefined, { maxRecords })
        const report = await heap.track(records.map((fields) => ({ identity: 'a', ...fields })))
        const sent = seen.flatMap(eventsOf)
        expect(sent).toMatchObject(JSON.parse(JSON.stringify(records)) as object[])
        expect(new Set(sent.map(({ idempotency_key }) => idempotency_key)).size).toBe(records.length)
        expect(report.results.map(({ index }) => index)).toEqual(records.map((_, index) => index))
        expect(report.delivered).toBe(records.length)
        expect(seen.length).toBe(Math.ceil(records.length / maxRecords))
      }),
    )
  })

  it('cuts by bytes as well as by records', async () => {
    const { heap, seen } = client()
    // As UTF-8, 900 bytes of 300 characters.
    const properties = { text: '€'.repeat(300) }
    await heap.track(many(3000).map(({ event }) => ({ event, identity: 'a', properties })))
    const sizes = seen.map(({ text }) => new TextEncoder().encode(text).length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000_000)
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(998_000)
    expect(seen.flatMap(eventsOf).map(({ event }) => Number(event))).toEqual(many(3000).map((_, index) => index))
  })

  it('sends alone what is too large by itself', async () => {
    const { heap, seen } = client()
    const properties = Object.fromEntries(many(1100).map(({ event }) => [event, 'x'.repeat(1000)]))
    await heap.addUserProperties([{ identity: 'a' }, { identity: 'b', properties }, { identity: 'c' }])
    expect(seen.map(({ body }) => (body.users as object[]).length)).toEqual([1, 1, 1])
  })
})

describe('a bad record', () => {
  it('is rejected by the check, and the others go on', async () => {
    const { heap, seen } = client(undefined, { check: createCheck() })
    const report = await heap.track([...named('a', '', 'c'), null as never])
    expect(report).toMatchObject({ delivered: 2, rejected: 2 })
    expect(report.results).toMatchObject([
      { index: 0, outcome: 'delivered', idempotency_key: 'key-0' },
      { index: 1, outcome: 'rejected', error: { name: 'HeapRequestError', problems: [{ pointer: '/event' }] } },
      { index: 2, outcome: 'delivered', idempotency_key: 'key-1' },
      { index: 3, outcome: 'rejected', error: { name: 'HeapRequestError' } },
    ])
    expect(seen.flatMap(eventsOf).map(({ event }) => event)).toEqual(['a', 'c'])
  })

  it('is rejected where it is no JSON', async () => {
    const { heap } = client()
    const report = await heap.track([...named('a'), { event: 'b', identity: 'a', properties: { n: 1n as never } }])
    expect(report).toMatchObject({ delivered: 1, rejected: 1 })
    expect(report.results[1]?.error).toBeInstanceOf(TypeError)
  })

  /** Refuses events that are called bad, as the proxy does. */
  const picky: Server = (request) => {
    const errors = eventsOf(request).flatMap(({ event }, place) =>
      event.startsWith('bad') ? [{ pointer: `/events/${place}/properties/plan`, detail: 'is bad' }] : [],
    )
    return errors.length > 0 ? json(400, { detail: 'Some are bad.', errors }) : json(200)
  }

  it('is taken out where the server names it, and the others are sent again', async () => {
    const { heap, seen, slept } = client(picky)
    const report = await heap.track(named('a', 'bad b', 'c', 'bad d'))
    expect(seen.map((request) => eventsOf(request).map(({ event }) => event))).toEqual([
      ['a', 'bad b', 'c', 'bad d'],
      ['a', 'c'],
    ])
    expect(slept).toEqual([])
    expect(report).toMatchObject({ delivered: 2, rejected: 2 })
    expect(report.results[1]).toMatchObject({
      outcome: 'rejected',
      idempotency_key: 'key-1',
      error: { status: 400, problems: [{ pointer: '/properties/plan', detail: 'is bad' }] },
    })
    expect(report.results[2]).toEqual({ index: 2, outcome: 'delivered', idempotency_key: 'key-2' })
  })

  it('rejects exactly the bad ones, whatever the list', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        async (good, size) => {
          const { heap, seen } = client(picky, { maxRecords: size })
          const report = await heap.track(named(...good.map((is, index) => (is ? `${index}` : `bad ${index}`))))
          expect(report.results.map(({ outcome }) => outcome === 'delivered')).toEqual(good)
          expect(seen.length).toBeLessThanOrEqual(2 * Math.ceil(good.length / size))
        },
      ),
    )
  })

  it.each([
    [{}],
    [{ errors: [{ pointer: '/app_id', detail: 'is missing' }] }],
    [{ errors: [{ pointer: '/events/99', detail: 'there is none' }] }],
    [{ errors: [{ pointer: '/users/0', detail: 'is another list' }] }],
  ])('that is not named takes its whole request with it: %j', async (body) => {
    const { heap, seen } = client((_, index) => (index === 0 ? json(400, body) : json(200)), { maxRecords: 2 })
    const report = await heap.track(named('a', 'b', 'c'))
    expect(seen).toHaveLength(2)
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected', 'delivered'])
    expect(report.results[0]).toMatchObject({ error: { name: 'HeapRequestError', status: 400 } })
  })
})

it('reports what failed with its key, and goes on', async () => {
  const { heap } = client(({ text }) => json(text.includes('"b"') ? 503 : 202), { maxRecords: 1 })
  const report = await heap.track(named('a', 'b', 'c'))
  expect(report).toMatchObject({ queued: 2, failed: 1 })
  expect(report.results[1]).toMatchObject({
    outcome: 'failed',
    idempotency_key: 'key-1',
    error: { name: 'HeapUnavailableError', status: 503 },
  })
})

describe('iterables', () => {
  it('takes any, and an async one no faster than it is sent', async () => {
    let given = 0
    const { heap, seen } = client(
      (request) => {
        expect(given).toBe(seen.length * 2)
        return json(eventsOf(request).length === 2 ? 200 : 500)
      },
      { maxRecords: 2 },
    )
    async function* source() {
      for (const record of many(4)) {
        given++
        yield record
      }
    }
    expect(await heap.track(source())).toMatchObject({ delivered: 4 })
    expect(await client().heap.track(new Set(named('a', 'b')))).toMatchObject({ delivered: 2 })
  })

  it('sends what was given before the source threw, and rejects with its error', async () => {
    const { heap, seen } = client()
    async function* source() {
      yield* named('a', 'b')
      throw new Error('the database is gone')
    }
    await expect(heap.track(source())).rejects.toThrow('the database is gone')
    expect(eventsOf(seen[0] as Seen)).toHaveLength(2)
  })
})

describe('the signal', () => {
  const reason = new Error('enough')

  it('ends a list, and an array is reported to its end', async () => {
    const abort = new AbortController()
    const { heap, seen } = client(
      () => {
        abort.abort(reason)
        return json(200)
      },
      { maxRecords: 2 },
    )
    const report = await heap.track(many(5), { signal: abort.signal })
    expect(seen).toHaveLength(1)
    expect(report).toMatchObject({ delivered: 2, failed: 3 })
    expect(report.results[4]).toEqual({ index: 4, outcome: 'failed', error: reason, idempotency_key: 'key-4' })
  })

  it('takes no more from a source that may never end, and closes it', async () => {
    const abort = new AbortController()
    let closed = false
    function* endless() {
      try {
        for (let index = 0; ; index++) {
          if (index === 3) abort.abort(reason)
          yield { event: `${index}`, identity: 'a' }
        }
      } finally {
        closed = true
      }
    }
    const { heap } = client(undefined, { maxRecords: 2 })
    const report = await heap.track(endless(), { signal: abort.signal })
    expect(report).toMatchObject({ delivered: 2, failed: 1 })
    expect(closed).toBe(true)
  })
})
