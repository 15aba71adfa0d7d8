/**
 * Waits until the sandbox has everything that was accepted.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from './sandbox.ts'
import type { Tally } from './tally.ts'
import { findMistakes, listStale } from './verify.ts'

const LOOK_AGAIN_MS = 1000

/** So long nothing may come any more, before it is looked for what came twice or too late. */
const QUIET_MS = 3000

/** Done as well when nothing new has come for `patienceMs`: what is missing is counted then. */
export async function everythingArrived(
  { accepted, events }: Tally,
  sandbox: Sandbox,
  patienceMs: number,
  stop: AbortSignal,
): Promise<void> {
  // Doubled events are counted, too, so that the number alone says little.
  const nothingMissing = async () => {
    const held = { users: [], accounts: [], events: await sandbox.events() }
    return findMistakes(accepted, held).lost === 0
  }
  let progress = ''
  let requests = 0
  let progressAt = Date.now()
  let requestAt = Date.now()
  while (Date.now() - progressAt < patienceMs) {
    const stats = await sandbox.stats()
    const stale = listStale(accepted, await sandbox.properties()).length
    const complete = stale === 0 && stats.events >= events && (await nothingMissing())
    if (stats.requests !== requests) requestAt = Date.now()
    if (`${stats.events} ${stale}` !== progress) progressAt = Date.now()
    requests = stats.requests
    progress = `${stats.events} ${stale}`
    if (complete && Date.now() - requestAt >= QUIET_MS) return
    await sleep(LOOK_AGAIN_MS, undefined, { signal: stop })
  }
}
