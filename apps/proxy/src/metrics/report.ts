/**
 * What this isolate counts, and how it gets to the Durable Object: about once a second, behind the answers. Whatever goes wrong
 * with it is counted and swallowed: figures may be lost, requests may not.
 * @module
 */
import { waitUntil } from 'cloudflare:workers'
import type { Delivery } from '../forward.ts'
import type { Env } from '../env.ts'
import type { Answer } from './counters.ts'
import { type Batch, Meter } from './meter.ts'

type Reporting = Pick<Env, 'METRICS' | 'ANALYTICS'>

const EVERY_MS = 1000

/** A report that was not heard of for so long died with its request, in ms. */
const DEAD_MS = 30_000

/** Data points that Analytics Engine takes of one invocation. */
const MOST_POINTS = 25

/** What this isolate has counted since its last report. */
export const meter = new Meter()

let reportingSince: number | undefined

/** Sees to it that what was counted is told soon. Nobody has to wait for it. */
export function report(env: Reporting): void {
  if (meter.isEmpty) return
  const now = Date.now()
  if (reportingSince !== undefined && Math.abs(now - reportingSince) < DEAD_MS) return
  reportingSince = now
  waitUntil(send(env))
}

async function send(env: Reporting): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  reportingSince = undefined
  const batch = meter.take()
  try {
    writePoints(env, batch)
    await metrics(env).add(batch)
  } catch {
    meter.count('lost', 1)
  }
}

/** A point for each counter: its labels, its name first, and by how much it has grown. */
function writePoints({ ANALYTICS }: Reporting, { counters }: Batch): void {
  if (!ANALYTICS) return
  for (const [key, times] of Object.entries(counters).slice(0, MOST_POINTS)) {
    const blobs = key.split(' ')
    ANALYTICS.writeDataPoint({ indexes: [blobs[0] ?? ''], blobs, doubles: [times] })
  }
}

/** What Heap's answer is counted as. */
export function answerOf({ kind }: Delivery): Answer {
  return kind === 'delivered' ? 'taken' : kind === 'refused' ? 'refused' : 'failed'
}

/** The one object. */
export function metrics({ METRICS }: Pick<Env, 'METRICS'>) {
  return METRICS.getByName('metrics')
}
