/**
 * The fault test: the real proxy under load, killed again and again, in front of a Heap that fails.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { everythingArrived } from './arrival.ts'
import { killAsPlanned, planKills } from './kills.ts'
import { loadOf } from './load.ts'
import { proxyProcess, sandboxProcess } from './processes.ts'
import { type Random, seeded } from './random.ts'
import type { FaultsReport } from './report.ts'
import { MOST_LISTED, type Sandbox, failingSandbox } from './sandbox.ts'
import { sendAll } from './sender.ts'
import { Tally } from './tally.ts'
import { findMistakes, listStale } from './verify.ts'
import type { WorkerProcess } from './worker-process.ts'

const PROGRESS_MS = 3000

export interface FaultsOptions {
  records: number
  /** How many send at once; each has identities of its own. */
  identities: number
  kills: number
  seed: number
  /** The share of the requests to Heap that fail. */
  errorRate: number
  /** The run is over when nothing has moved for so long, in ms. */
  patienceMs: number
  /** Told every few seconds how far it is. */
  onProgress?: (line: string) => void
}

/** Runs the test. It leaves nothing behind, whatever happens. */
export async function runFaults(options: FaultsOptions): Promise<FaultsReport> {
  if (options.records > MOST_LISTED) throw new RangeError(`The sandbox lists ${MOST_LISTED} events; ask for fewer.`)
  const stop = new AbortController()
  const folder = mkdtempSync(join(tmpdir(), 'heap-edge-faults-'))
  const processes: WorkerProcess[] = []
  const started = async (one: WorkerProcess) => {
    processes.push(one)
    await one.start()
    return one
  }
  const cleanUp = () => {
    for (const one of processes) one.killNow()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const onEnd = (error: Error) => stop.abort(error)
  // Also where this process ends in the middle of it, as on Ctrl-C: what follows on an `await` would not come then.
  process.once('exit', cleanUp)
  try {
    const { url } = await started(sandboxProcess(folder, onEnd))
    const sandbox = await failingSandbox(url, options.errorRate)
    const proxy = await started(proxyProcess(folder, url, onEnd))
    return await run(options, sandbox, proxy, stop)
  } finally {
    stop.abort()
    for (const one of processes) await one.kill()
    cleanUp()
    process.off('exit', cleanUp)
  }
}

async function run(
  { records, identities, kills, seed, patienceMs, onProgress }: FaultsOptions,
  sandbox: Sandbox,
  proxy: WorkerProcess,
  stop: AbortController,
): Promise<FaultsReport> {
  const start = performance.now()
  const tally = new Tally()
  const plan = planKills(kills, records, seeded(seed))
  const sending = {
    tally,
    url: () => proxy.url,
    mayGoOn: () => proxy.up && tally.accepted.length < (plan[tally.kills]?.before ?? Infinity),
    stop: stop.signal,
  }
  const senders = Array.from({ length: identities }, (_, sender) => {
    const share = Math.floor(((sender + 1) * records) / identities) - Math.floor((sender * records) / identities)
    // How often a request has to be sent again differs from run to run; the load must not.
    const [ofLoad, ofWaits] = [1, 2].map((half) => seeded(seed * 1_000_003 + sender * 2 + half)) as [Random, Random]
    return sendAll(loadOf(sender, share, ofLoad), sending, ofWaits)
  })
  const tell = async () => {
    const { events } = await sandbox.stats()
    onProgress?.(
      `accepted ${tally.accepted.length} of ${records}, events in the sandbox ${events}, kills ${tally.kills} of ${kills}`,
    )
  }
  const teller = setInterval(() => void tell().catch(() => undefined), PROGRESS_MS)
  const watchdog = setInterval(() => {
    if (Date.now() - tally.lastAcceptedAt < patienceMs) return
    stop.abort(new Error(`Nothing was accepted for ${patienceMs} ms; the last refusal: ${tally.lastRefusal}`))
  }, PROGRESS_MS)
  try {
    await Promise.all([...senders, killAsPlanned(plan, proxy, tally, stop.signal)])
    clearInterval(watchdog)
    await everythingArrived(tally, sandbox, patienceMs, stop.signal)
  } catch (error) {
    stop.signal.throwIfAborted()
    throw error
  } finally {
    clearInterval(teller)
    clearInterval(watchdog)
  }

  const { events, max } = await sandbox.stats()
  const held = { ...(await sandbox.properties()), events: await sandbox.events() }
  return {
    sent: tally.sent,
    accepted: tally.accepted.length,
    acceptedEvents: tally.events,
    delivered: tally.delivered,
    queued: tally.queued,
    held: events,
    ...findMistakes(tally.accepted, held),
    staleOnes: listStale(tally.accepted, held),
    max,
    kills: tally.kills,
    faults: await sandbox.faults(),
    seconds: Math.round((performance.now() - start) / 1000),
    seed,
  }
}
