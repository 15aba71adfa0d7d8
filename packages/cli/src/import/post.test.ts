import fc from 'fast-check'
import { readOptions } from 'heap-edge/send'
import { describe, expect, it } from 'vitest'
import { Cutter } from './chunk.ts'
import { Pace } from './pace.ts'
import { Poster, Unfinished } from './post.ts'

type Answer = (users: { identity: string }[]) => { status: number; body?: object; headers?: Record<string, string> }

/** Posts users to a server; those that it takes are in `taken`. */
function stage(answer: Answer, giveUpAfter = 60_000) {
  const taken: string[] = []
  const stop = new AbortController()
  let now = 0
  const settings = readOptions({
    appId: '1',
    retry: { giveUpAfter },
    now: () => now,
    random: () => 0.5,
    sleep: async (ms) => void (now += ms),
    fetch: async (_, { body }) => {
      const { users } = JSON.parse(new TextDecoder().decode(body as Uint8Array)) as { users: { identity: string }[] }
      const { status, body: said = {}, headers = {} } = answer(users)
      if (status === 200) taken.push(...users.map(({ identity }) => identity))
      return Response.json(said, { status, headers })
    },
  })
  const poster = new Poster({
    url: 'https://heap.test/api/add_user_properties',
    list: 'users',
    settings,
    pace: new Pace('users'),
    stop: stop.signal,
    keyHint: '',
    onRetry() {},
  })
  return { poster, taken, stop }
}

function chunkOf(count: number) {
  const cutter = new Cutter('{"app_id":"1","users":[', ']}', () => 0)
  for (let n = 0; n < count; n++) cutter.add(JSON.stringify({ identity: `user-${n}` }), n + 1, `user-${n}`)
  return cutter.end() as NonNullable<ReturnType<Cutter['end']>>
}

describe('a chunk', () => {
  it('is counted by its ends, where a proxy says that there are several', async () => {
    const { poster } = stage(() => ({
      status: 202,
      headers: { 'Heap-Edge-Outcome': 'queued', 'Heap-Edge-Records': 'delivered=7, queued=2, suppressed=1' },
    }))
    expect(await poster.post(chunkOf(10))).toMatchObject({ sent: 7, queued: 2, suppressed: 1, refused: 0, requests: 1 })
  })

  it.each([true, false])('goes without the rows that are refused, whether the server names them: %s', async (named) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.uniqueArray(fc.nat({ max: 39 }), { maxLength: 6 }),
        async (count, bad) => {
          const isBad = ({ identity }: { identity: string }) => bad.includes(Number(identity.slice(5)))
          const { poster, taken } = stage((users) => {
            const errors = users.flatMap((user, n) =>
              isBad(user) ? [{ pointer: `/users/${n}/identity`, detail: 'is bad' }] : [],
            )
            if (errors.length === 0) return { status: 200 }
            return { status: 400, body: named ? { errors } : {} }
          })
          const posted = await poster.post(chunkOf(count))
          const wanted = bad.filter((n) => n < count).toSorted((a, b) => a - b)
          expect(posted.refusedRows.map(({ line }) => line - 1).toSorted((a, b) => a - b)).toEqual(wanted)
          expect(posted).toMatchObject({ sent: count - wanted.length, refused: wanted.length })
          expect(taken.length).toBe(new Set(taken).size)
          expect(taken).toHaveLength(count - wanted.length)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('is tried again, and counted each time', async () => {
    let failures = 3
    const { poster, taken } = stage(() => ({ status: failures-- > 0 ? 503 : 200 }))
    expect(await poster.post(chunkOf(5))).toMatchObject({ sent: 5, requests: 4, retries: 3 })
    expect(taken).toHaveLength(5)
  })

  it('waits for another time where the server stays away', async () => {
    const { poster } = stage(() => ({ status: 429 }), 1000)
    await expect(poster.post(chunkOf(5))).rejects.toThrow(Unfinished)
  })

  it('says for how long the server wants to be left alone, where that is too long', async () => {
    const { poster } = stage(() => ({ status: 429, headers: { 'Retry-After': '300' } }))
    await expect(poster.post(chunkOf(5))).rejects.toThrow(/; it asks to wait 5 min 0 s, for which --retry-for/)
  })

  it.each([401, 403, 404, 302])('ends the import at a %i, which says nothing about rows', async (status) => {
    const { poster } = stage(() => ({ status }))
    await expect(poster.post(chunkOf(5))).rejects.toThrow('The server refuses the import')
  })

  it('ends the import where no row is taken, or the problem is another one', async () => {
    const { poster } = stage(() => ({ status: 400 }))
    await expect(poster.post(chunkOf(200))).rejects.toThrow('environment id')
    const other = stage(() => ({ status: 400, body: { errors: [{ pointer: '/app_id', detail: 'is not ours' }] } }))
    await expect(other.poster.post(chunkOf(5))).rejects.toThrow('/app_id is not ours')
  })
})
