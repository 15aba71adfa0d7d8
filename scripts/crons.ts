/**
 * Fires Cron Triggers at their time, as Cloudflare does and as workerd by itself does not.
 * @module
 */
import { Cron } from 'croner'

/**
 * @param crons expressions as in wrangler.toml, in UTC
 * @param fire called with the expression; what it throws is logged, and the next run comes all the same
 * @returns stops them
 * @example
 * ```ts
 * const stop = startCrons(['*\/10 * * * *'], async (cron) => console.log('now', cron))
 * ```
 */
export function startCrons(crons: string[], fire: (cron: string) => Promise<void>): () => void {
  const jobs = crons.map(
    (cron) =>
      new Cron(cron, { timezone: 'UTC', catch: (error) => console.error(`Cron ${cron}:`, error) }, () => fire(cron)),
  )
  return () => {
    for (const job of jobs) job.stop()
  }
}
