import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startCrons } from './crons.ts'

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-24T06:01:00Z') }))
afterEach(() => void vi.useRealTimers())

it('fires at the time of the expression, goes on after an error, and stops', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  const fired: string[] = []
  const stop = startCrons(['*/10 * * * *', '0 7 * * *'], async (cron) => {
    fired.push(`${new Date().toISOString().slice(11, 16)} ${cron}`)
    if (fired.length === 1) throw new Error('once')
  })
  await vi.advanceTimersByTimeAsync(3_600_000)
  stop()
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(fired).toEqual([
    '06:10 */10 * * * *',
    '06:20 */10 * * * *',
    '06:30 */10 * * * *',
    '06:40 */10 * * * *',
    '06:50 */10 * * * *',
    '07:00 */10 * * * *',
    '07:00 0 7 * * *',
  ])
  expect(error).toHaveBeenCalledOnce()
})
