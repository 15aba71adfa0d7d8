import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Storage } from '../testing.ts'
import type { ActiveWorkflow } from '../workflows/active.ts'
import { onSegment } from '../workflows/define.ts'
import { Runs } from '../workflows/runs.ts'
import { SCHEMA } from '../workflows/sql.ts'
import { MOST_CHARACTERS, SegmentPages, type SyncPage } from './pages.ts'
import { segmentRuns } from './select.ts'

const DAY_MS = 86_400_000
const segment = { id: 1338065, name: 'Free Customers' }

let storage: Storage
let pages: SegmentPages
beforeEach(() => {
  storage = new Storage(SCHEMA)
  pages = new SegmentPages(storage.sql)
})
afterEach(() => storage.close())

function page(n: number, total: number, changed: Partial<SyncPage> = {}): SyncPage {
  return { task: 't', page: n, total, segment, added: [`added ${n}`], removed: [`removed ${n}`], ...changed }
}

/** The pages that a table holds. */
const held = () => storage.sql.exec<{ n: number }>('SELECT count(DISTINCT page) AS n FROM pages')[0]?.n

/** Pages in an order in which each comes at least once, and some come again. */
const deliveries = fc.integer({ min: 1, max: 8 }).chain((total) => {
  const all = Array.from({ length: total }, (_, i) => i + 1)
  return fc.tuple(
    fc.constant(total),
    fc
      .array(fc.constantFrom(...all), { maxLength: 2 * total })
      .chain((again) => fc.shuffledSubarray([...all, ...again], { minLength: total + again.length })),
  )
})

it('make the same sync once, in whatever order they come and however often', () => {
  fc.assert(
    fc.property(deliveries, fc.boolean(), ([total, order], isWide) => {
      const sql = new Storage(SCHEMA)
      const wide = isWide ? '😀'.repeat(300_000) : 'é'
      const own = new SegmentPages(sql.sql)
      const workflows = new Map<string, ActiveWorkflow>(
        onSegment('*', { name: 's', added: async () => {}, removed: async () => {} }).map((workflow) => [
          workflow.name,
          { workflow, settings: {} },
        ]),
      )
      const runs = new Runs({
        sql: sql.sql,
        now: () => 5,
        start: async () => {},
        restart: async () => true,
        revive: async () => {},
        state: async () => 'going',
        setAlarm: () => {},
      })
      const started = order.flatMap((n) => {
        const added = own.add(page(n, total, { added: [`${n}`, wide], removed: [`-${n}`] }), 5)
        return added.kind === 'whole' ? runs.receive(segmentRuns(workflows, 't', added.sync)) : []
      })
      // What comes again after the last one may be whole again: that is the same run.
      expect(started.filter(({ isKnown }) => !isKnown).map(({ workflow }) => workflow)).toEqual([
        's-added',
        's-removed',
      ])
      const all = Array.from({ length: total }, (_, i) => i + 1)
      const inputs = started.slice(0, 2).map(({ id }) => JSON.parse(runs.input(id)?.text ?? '') as unknown)
      expect(inputs).toEqual([
        { segment, users: all.flatMap((n) => [`${n}`, wide]) },
        { segment, users: all.map((n) => `-${n}`) },
      ])
      sql.close()
    }),
    { numRuns: 40 },
  )
})

it('of which one is missing start nothing', () => {
  for (const n of [3, 1, 4, 1]) expect(pages.add(page(n, 4), 5)).toEqual({ kind: 'waiting' })
  expect(pages.add(page(2, 4, { task: 'another' }), 5)).toEqual({ kind: 'waiting' })
  expect(pages.add(page(2, 4), 5)).toMatchObject({
    kind: 'whole',
    sync: { added: [1, 2, 3, 4].map((n) => `added ${n}`) },
  })
  expect(held()).toBe(1)
})

it('that come again with another content are as they came first, whole', () => {
  pages.add(page(1, 2, { added: ['short'] }), 5)
  expect(pages.add(page(1, 2, { added: ['long'.repeat(200_000)] }), 5)).toEqual({ kind: 'waiting' })
  expect(pages.add(page(2, 2, { added: [] }), 5)).toMatchObject({ kind: 'whole', sync: { added: ['short'] } })
})

it('of another total are refused, and nothing of them is stored', () => {
  pages.add(page(1, 2), 5)
  expect(pages.add(page(2, 3), 5)).toEqual({ kind: 'another-total' })
  expect(held()).toBe(1)
  expect(pages.add(page(2, 2), 5)).toMatchObject({ kind: 'whole' })
})

it('that are too large together are refused, one that is there already is not', () => {
  const users = (characters: number) => ({ added: ['a'.repeat(characters)], removed: [] })
  const half = MOST_CHARACTERS / 2 - 200
  for (const n of [1, 2]) expect(pages.add(page(n, 3, users(half)), 5)).toEqual({ kind: 'waiting' })
  expect(pages.add(page(3, 3, users(1000)), 5)).toEqual({ kind: 'too-large' })
  expect(pages.add(page(2, 3, users(half)), 5)).toEqual({ kind: 'waiting' })
  expect(held()).toBe(2)
  expect(pages.add(page(1, 1, { task: 'another', ...users(MOST_CHARACTERS) }), 5)).toEqual({ kind: 'too-large' })
  expect(pages.add(page(3, 3, users(10)), 5)).toMatchObject({ kind: 'whole' })
})

it('are given up together, when no other one of their sync has come for a day', () => {
  pages.add(page(1, 3), 0)
  pages.add(page(1, 2, { task: 'another' }), 0)
  pages.add(page(2, 3), DAY_MS)
  expect(pages.expire(DAY_MS)).toBe(0)
  expect(pages.expire(DAY_MS + 1)).toBe(1)
  expect(pages.add(page(3, 3), 2 * DAY_MS)).toMatchObject({ kind: 'whole' })
  expect([held(), pages.expire(9 * DAY_MS)]).toEqual([0, 0])
})

describe('a signature', () => {
  it('is new once, for longer than it holds', () => {
    expect(pages.isNew('a', 0)).toBe(true)
    expect(pages.isNew('a', 0)).toBe(false)
    expect(pages.isNew('b', 61_000)).toBe(true)
    expect(pages.isNew('a', 61_001)).toBe(false)
    pages.isNew('c', 1_000_000)
    expect(storage.sql.exec('SELECT signature FROM signatures')).toEqual([{ signature: 'c' }])
  })
})
