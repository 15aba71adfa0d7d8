import { describe, expect, it } from 'vitest'
import { loadOf, type Written } from './load.ts'
import { seeded } from './random.ts'
import { exceededWindows, findMistakes, type Held } from './verify.ts'

const accepted: Written[] = [0, 1, 2, 3].flatMap((sender) =>
  [...loadOf(sender, 100, seeded(sender))].flatMap(({ records }) => records),
)
const NONE = { lost: 0, doubled: 0, outOfOrder: 0, stale: 0 }

/** What the sandbox holds when all went well. */
function complete(): Held {
  const of = (kind: Written['kind']) =>
    accepted.filter((record) => record.kind === kind).map(({ owner, n }) => ({ owner, n }))
  const last = (kind: Written['kind']) => [...new Map(of(kind).map((record) => [record.owner, record])).values()]
  return { events: of('event'), users: last('user'), accounts: last('account') }
}

/** The first event that has this number, and its place in the list. */
const find = ({ events }: Held, n: number) => events.findIndex((event) => event.n === n)

describe('findMistakes', () => {
  it('finds none where all is there, in order', () => {
    expect(accepted).toHaveLength(400)
    expect(new Set(accepted.map(({ kind }) => kind)).size).toBe(3)
    expect(findMistakes(accepted, complete())).toEqual(NONE)
  })

  it('does not care for the order between identities', () => {
    const held = complete()
    const byOwner = held.events.toSorted((a, b) => b.owner.localeCompare(a.owner))
    expect(findMistakes(accepted, { ...held, events: byOwner })).toEqual(NONE)
  })

  it('finds what is lost', () => {
    const held = complete()
    held.events.splice(find(held, 7), 1)
    expect(findMistakes(accepted, held)).toEqual({ ...NONE, lost: 1 })
  })

  it('finds what is there twice, and only that, wherever the second one is', () => {
    const held = complete()
    held.events.push({ ...held.events[find(held, 7)] } as Held['events'][number])
    expect(findMistakes(accepted, held)).toEqual({ ...NONE, doubled: 1 })
  })

  it('finds what nobody has sent', () => {
    const held = complete()
    held.events.push({ owner: 'nobody', n: 1 }, { owner: accepted[0]?.owner ?? '', n: undefined })
    expect(findMistakes(accepted, held)).toEqual({ ...NONE, doubled: 2 })
  })

  it('finds two that have changed places', () => {
    const held = complete()
    const [one, other] = [find(held, 7), find(held, 8)]
    const [a, b] = [held.events[one], held.events[other]] as [Held['events'][number], Held['events'][number]]
    expect(a.owner).toBe(b.owner)
    held.events[one] = b
    held.events[other] = a
    expect(findMistakes(accepted, held)).toEqual({ ...NONE, outOfOrder: 1 })
  })

  it.each(['users', 'accounts'] as const)('finds %s with a value that is old, too new or missing', (list) => {
    const [first, ...others] = complete()[list] as [Held['users'][number], ...Held['users']]
    for (const wrong of [[{ ...first, n: 0 }], [{ ...first, n: 99 }], [{ ...first, n: undefined }], []]) {
      const held = { ...complete(), [list]: [...wrong, ...others] }
      expect(findMistakes(accepted, held)).toEqual({ ...NONE, stale: 1 })
    }
  })
})

it('tells which limits were exceeded, and by how much', () => {
  const most = { requestsPerIdentity30s: 30, eventsPerIdentity60s: 1000, eventsPerApp60s: 15_000 }
  expect(exceededWindows(most)).toEqual([])
  expect(exceededWindows({ ...most, requestsPerIdentity30s: 31, eventsPerApp60s: 15_002 })).toEqual([
    '31 requests of an identity in 30 s, allowed 30',
    '15002 events of an environment in 60 s, allowed 15000',
  ])
})
