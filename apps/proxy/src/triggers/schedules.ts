/**
 * Which schedules are due. Cron may come late or twice: each time is run once, and of those that were missed the last one.
 * @module
 */
import { Cron } from 'croner'
import type { Sql } from '../sql.ts'
import type { ScheduleInput } from '../workflows/define.ts'
import type { Triggered } from '../workflows/world.ts'
import { triggeredBy, type Workflows } from './select.ts'

const MINUTE_MS = 60_000

/** @param now ms since 1970, as Cron Triggers say it */
export function dueSchedules(workflows: Workflows, sql: Sql, now: number): Triggered[] {
  const all = triggeredBy(workflows, 'schedule')
  // One that is switched on again later begins anew.
  for (const { workflow } of sql.exec<{ workflow: string }>('SELECT workflow FROM schedules')) {
    if (!all.some(({ name }) => name === workflow)) sql.exec('DELETE FROM schedules WHERE workflow = ?', workflow)
  }
  return all.flatMap(({ name, trigger: { cron } }): Triggered[] => {
    const [known] = sql.exec<{ last_at: number }>('SELECT last_at FROM schedules WHERE workflow = ?', name)
    sql.exec('INSERT OR REPLACE INTO schedules VALUES (?, ?)', name, now)
    // Whoever is deployed at noon does not run what was due at three, but what is due in this minute.
    const since = known?.last_at ?? now - MINUTE_MS
    const [last] = new Cron(cron, { paused: true, timezone: 'UTC' }).previousRuns(1, new Date(now + 1))
    if (!last || last.getTime() <= since) return []
    const input: ScheduleInput = { scheduledTime: last.toISOString() }
    return [{ workflow: name, trigger: 'schedule', key: input.scheduledTime, input: JSON.stringify(input) }]
  })
}
