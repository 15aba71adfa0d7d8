import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Storage } from '../testing.ts'
import { holding, LOCK_MS, type Locks, releaseLock, takeLock } from './locks.ts'
import { SCHEMA } from './sql.ts'

/** A ledger with a clock of its own; `dead` holders give nothing back. */
function ledger(dead: ReadonlySet<string> = new Set()) {
  const { sql } = new Storage(SCHEMA)
  const clock = { now: 0 }
  const locks: Locks = {
    lock: async (name, holder) => takeLock(sql, name, holder, clock.now),
    unlock: async (name, holder) => {
      if (!dead.has(holder)) releaseLock(sql, name, holder)
    },
  }
  const wait = async (ms: number) => void (clock.now += ms)
  return { sql, clock, locks, wait }
}

it('lets one at a time in, whoever comes when', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ name: fc.constantFrom('a', 'b'), turns: fc.nat(4), fails: fc.boolean() })),
      async (all) => {
        const { locks, sql, wait } = ledger()
        const inside = new Set<string>()
        const outcomes = await Promise.allSettled(
          all.map(({ name, turns, fails }, index) =>
            holding(locks, name, String(index), wait, async () => {
              expect(inside).not.toContain(name)
              inside.add(name)
              for (let turn = 0; turn < turns; turn++) await Promise.resolve()
              inside.delete(name)
              if (fails) throw new Error(`${index} failed`)
              return index
            }),
          ),
        )
        for (const [index, outcome] of outcomes.entries()) {
          const { fails } = all[index] as { fails: boolean }
          expect(outcome.status === 'rejected' ? (outcome.reason as Error).message : outcome.value).toBe(
            fails ? `${index} failed` : index,
          )
        }
        expect(sql.exec('SELECT * FROM locks')).toEqual([])
      },
    ),
  )
})

it('of somebody who died ends by itself, and whoever waits for it says so until then', async () => {
  const { clock, locks, wait } = ledger(new Set(['dead']))
  await holding(locks, 'sheet', 'dead', wait, async () => {})
  await expect(holding(locks, 'sheet', 'late', wait, async () => {})).rejects.toThrow(
    'Others were at sheet for a minute',
  )
  clock.now = LOCK_MS
  expect(await holding(locks, 'sheet', 'late', wait, async () => 'mine')).toBe('mine')
})

it('that somebody else has meanwhile is not given back by who had it', () => {
  const { sql } = ledger()
  expect(takeLock(sql, 'a', 'slow', 0)).toBe(true)
  expect(takeLock(sql, 'a', 'next', LOCK_MS - 1)).toBe(false)
  expect(takeLock(sql, 'a', 'next', LOCK_MS)).toBe(true)
  releaseLock(sql, 'a', 'slow')
  expect(takeLock(sql, 'a', 'third', LOCK_MS)).toBe(false)
})
