/**
 * When the proxy is killed: at random moments of the time in which the load is sent.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { between, type Random } from './random.ts'
import type { Tally } from './tally.ts'
import type { WorkerProcess } from './worker-process.ts'

const LATEST_DELAY_MS = 300
const LOOK_AGAIN_MS = 10

/** No kill comes in this last part of the load, so that what comes after the last one is not nothing. */
const LAST_PART = 0.1

export interface Kill {
  /** So many records are accepted, and then this many ms pass. */
  after: number
  delayMs: number
  /** More records than these are not sent before it. */
  before: number
}

/** One kill at a random point of each of so many equal parts of the load. */
export function planKills(kills: number, records: number, random: Random): Kill[] {
  const part = (records * (1 - LAST_PART)) / kills
  return Array.from({ length: kills }, (_, index) => ({
    after: Math.floor(part * (index + random())),
    delayMs: between(random, 0, LATEST_DELAY_MS),
    before: Math.floor(part * (index + 1) + (records * LAST_PART) / 2),
  }))
}

/** Kills the proxy and starts it again, as planned. */
export async function killAsPlanned(
  plan: Kill[],
  proxy: WorkerProcess,
  tally: Tally,
  stop: AbortSignal,
): Promise<void> {
  for (const { after, delayMs } of plan) {
    while (tally.accepted.length < after) await sleep(LOOK_AGAIN_MS, undefined, { signal: stop })
    await sleep(delayMs, undefined, { signal: stop })
    await proxy.kill()
    tally.kills++
    stop.throwIfAborted()
    await proxy.start()
  }
}
