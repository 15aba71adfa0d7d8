/**
 * What has happened so far in a run, as the senders see it.
 * @module
 */
import type { LoadRequest, Written } from './load.ts'

export class Tally {
  /** Requests, each attempt counted. */
  sent = 0
  /** Records of requests that were answered with 200. */
  delivered = 0
  /** Records of requests that were answered with 202. */
  queued = 0
  kills = 0
  /** All that was accepted; of one owner and kind in the order of their numbers. */
  readonly accepted: Written[] = []
  lastAcceptedAt = Date.now()
  /** What the last request was answered that was not accepted. */
  lastRefusal = 'nothing was refused'

  accept(status: number, { records }: LoadRequest): void {
    if (status === 200) this.delivered += records.length
    else this.queued += records.length
    this.accepted.push(...records)
    this.lastAcceptedAt = Date.now()
  }

  get events(): number {
    return this.accepted.filter(({ kind }) => kind === 'event').length
  }
}
