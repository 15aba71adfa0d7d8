/**
 * The result of a fault test, as a table and as what is wrong with it.
 * @module
 */
import { exceededWindows, type Maxima, type Mistakes } from './verify.ts'

export interface FaultsReport extends Mistakes {
  /** Requests of the senders, each attempt counted. */
  sent: number
  /** Records that the proxy has taken, and how many of them are events. */
  accepted: number
  acceptedEvents: number
  /** Records that were with Heap when the proxy answered, and those that were in its outbox. */
  delivered: number
  queued: number
  /** Events in the sandbox. */
  held: number
  /** What is stale, a sentence each. */
  staleOnes: string[]
  /** The most that Heap's limits were made use of. */
  max: Maxima
  kills: number
  /** Requests to the sandbox that failed on purpose. */
  faults: number
  seconds: number
  seed: number
}

/** What must not be, a sentence each; none where all is well. */
export function problemsOf(report: FaultsReport, kills: number): string[] {
  const mistakes = {
    'accepted events were lost': report.lost,
    'events were doubled': report.doubled,
    'events were out of order': report.outOfOrder,
    'users or accounts have stale properties': report.stale,
  }
  return [
    ...Object.entries(mistakes)
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${what}`),
    ...report.staleOnes.slice(0, 10),
    ...exceededWindows(report.max),
    ...(report.kills < kills ? [`${report.kills} kills instead of ${kills}`] : []),
  ]
}

/** For `console.table`. */
export function tableOf(report: FaultsReport): Record<string, number> {
  return {
    'requests sent': report.sent,
    'records accepted': report.accepted,
    '  of them events': report.acceptedEvents,
    '  delivered at once (200)': report.delivered,
    '  queued (202)': report.queued,
    'events in the sandbox': report.held,
    lost: report.lost,
    doubled: report.doubled,
    'out of order': report.outOfOrder,
    'stale properties': report.stale,
    'windows exceeded': exceededWindows(report.max).length,
    'most requests of an identity in 30 s': report.max.requestsPerIdentity30s,
    'most events of an identity in 60 s': report.max.eventsPerIdentity60s,
    'most events of an environment in 60 s': report.max.eventsPerApp60s,
    kills: report.kills,
    'faults injected': report.faults,
    seconds: report.seconds,
    seed: report.seed,
  }
}
