import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Storage } from '../testing.ts'
import type { ActiveWorkflow } from '../workflows/active.ts'
import { every } from '../workflows/define.ts'
import { Runs } from '../workflows/runs.ts'
import { SCHEMA } from '../workflows/sql.ts'
import { dueSchedules } from './schedules.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const MIDNIGHT = Date.UTC(2026, 10, 20)

let storage: Storage
let runs: Runs
let now: number
beforeEach(() => {
  storage = new Storage(SCHEMA)
  runs = new Runs({
    sql: storage.sql,
    now: () => now,
    start: async () => {},
    restart: async () => true,
    revive: async () => {},
    state: async () => 'going',
    setAlarm: () => {},
  })
})
afterEach(() => storage.close())

/** The times that are run anew when cron comes at this time. */
function cronAt(time: number, ...crons: string[]): string[] {
  now = time
  const workflows = new Map<string, ActiveWorkflow>(
    crons.map((cron, i) => [`w${i}`, { workflow: every(cron, { name: `w${i}`, run: async () => {} }), settings: {} }]),
  )
  return runs
    .receive(dueSchedules(workflows, storage.sql, time))
    .filter(({ isKnown }) => !isKnown)
    .map(({ id }) => (JSON.parse(runs.input(id)?.text ?? '') as { scheduledTime: string }).scheduledTime)
}

const iso = (ms: number) => new Date(ms).toISOString()

it('are run at their time in UTC, to the millisecond; of what was due before a deployment, only that minute', () => {
  const three = MIDNIGHT + 3 * HOUR_MS
  expect(cronAt(three, '0 3 * * *', '59 2 * * *', '0 2 * * *')).toEqual([iso(three)])
  storage.sql.exec('DELETE FROM schedules')
  expect(cronAt(three + MINUTE_MS, '0 3 * * *')).toEqual([])
  expect(cronAt(three + 24 * HOUR_MS - 1, '0 3 * * *')).toEqual([])
  expect(cronAt(three + 24 * HOUR_MS, '0 3 * * *')).toEqual([iso(three + 24 * HOUR_MS)])
  expect(cronAt(three + 24 * HOUR_MS + 7, '0 3 * * *')).toEqual([])
})

it('that were missed are run once, for the last time', () => {
  cronAt(MIDNIGHT, '0 3 * * *')
  expect(cronAt(MIDNIGHT + 75 * HOUR_MS + 5, '0 3 * * *')).toEqual([iso(MIDNIGHT + 75 * HOUR_MS)])
})

it('are each run for themselves', () => {
  const crons = ['*/5 * * * *', '*/3 * * * *', '0 0 29 2 *']
  cronAt(MIDNIGHT, ...crons)
  expect(cronAt(MIDNIGHT + 3 * MINUTE_MS, ...crons)).toEqual([iso(MIDNIGHT + 3 * MINUTE_MS)])
  expect(cronAt(MIDNIGHT + 5 * MINUTE_MS, ...crons)).toEqual([iso(MIDNIGHT + 5 * MINUTE_MS)])
  expect(cronAt(MIDNIGHT + 15 * MINUTE_MS, ...crons)).toHaveLength(2)
})

it('are run once each, though cron comes late, twice or in the wrong order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -2, max: 12 }), { minLength: 1, maxLength: 20 }), (minutes) => {
      storage.sql.exec('DELETE FROM schedules')
      storage.sql.exec('DELETE FROM runs')
      cronAt(MIDNIGHT, '*/4 * * * *')
      let at = MIDNIGHT
      let latest = MIDNIGHT
      const ran: string[] = []
      for (const step of minutes) {
        const due = cronAt((at += step * MINUTE_MS), '*/4 * * * *')
        const last = at - (at % (4 * MINUTE_MS))
        // The last one before now, where time has gone on.
        if (at > latest && last > latest) expect(due).toEqual([iso(last)])
        latest = Math.max(latest, at)
        ran.push(...due)
      }
      expect(new Set(ran).size).toBe(ran.length)
    }),
    { numRuns: 60 },
  )
})
