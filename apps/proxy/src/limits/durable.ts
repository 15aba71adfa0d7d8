/**
 * The limiters as Durable Objects, in itty-durable's shell: the only file that knows of it.
 *
 * Two numbers come in, a small verdict goes out. The windows are written behind the answer, at most once a second, and
 * nobody waits for that write.
 * @module
 */
import { EVENTS_PER_APP, EVENTS_PER_IDENTITY, REQUESTS_PER_IDENTITY, type Window } from '@heap-edge/contract'
import { createDurable, proxyDurable } from 'itty-durable'
import { type Entry, RollingWindow } from './rolling-window.ts'

/**
 * A pending timer keeps an object in memory, so that none is evicted with windows that are not written. It is billed for that
 * time, which is why this is not longer.
 */
const FLUSH_MS = 1000

/** What is left of one limit: units, and milliseconds until more become free. */
export interface Quota {
  remaining: number
  resetMs: number
}

/** The answer of a limiter. Where `waitMs` is 0 it may pass, and is counted already. */
export interface Verdict {
  waitMs: number
  quotas: Quota[]
}

/** Windows that pass or wait together, in one Durable Object. */
abstract class Limiter extends createDurable({ autoPersist: false }) {
  /** What itty-durable loads, and what is stored: the entries of each window. */
  logs: Entry[][] = []

  /** itty-durable keeps out of storage what hangs on `state`. */
  declare state: DurableObjectState & { windows?: RollingWindow[]; flush?: ReturnType<typeof setTimeout> | undefined }

  protected abstract readonly rules: readonly Window[]

  /** It would probe and copy every binding; it gets none. */
  constructor(state: DurableObjectState) {
    super(state, {})
  }

  /**
   * Counts `counts[i]` against the window of `rules[i]`: all of them or, where one is used up, none.
   *
   * @param marginMs how much wider than Heap's the windows are
   */
  protected takeAll(counts: readonly number[], marginMs: number): Verdict {
    const now = Date.now()
    const windows = (this.state.windows ??= this.rules.map(
      ({ limit, windowMs }, index) => new RollingWindow({ limit, windowMs: windowMs + marginMs }, this.logs[index]),
    ))
    const waitMs = Math.max(...windows.map((window, index) => window.wait(now, counts[index] ?? 0)))
    if (waitMs === 0) {
      for (const [index, window] of windows.entries()) window.add(now, counts[index] ?? 0)
      this.state.flush ??= setTimeout(() => this.flush(), FLUSH_MS)
    }
    return {
      waitMs,
      quotas: windows.map((window) => ({ remaining: window.remaining(now), resetMs: window.reset(now) })),
    }
  }

  private flush(): void {
    clearTimeout(this.state.flush)
    this.state.flush = undefined
    const logs = this.state.windows?.map((window) => window.entries)
    void this.state.storage.put('data', { logs }, { allowUnconfirmed: true })
  }
}

/** One identity in one environment: 30 requests in 30 s and 1000 events in 60 s. */
export class IdentityLimiter extends Limiter {
  protected get rules(): readonly Window[] {
    return [REQUESTS_PER_IDENTITY, EVENTS_PER_IDENTITY]
  }

  /** One request with this many events. */
  take(events: number, marginMs: number): Verdict {
    return this.takeAll([1, events], marginMs)
  }
}

/** One environment: 15,000 events in 60 s. */
export class AppBudget extends Limiter {
  protected get rules(): readonly Window[] {
    return [EVENTS_PER_APP]
  }

  /** This many events, and as many of `ahead` more as there are left. `granted` tells how many that makes. */
  lease(events: number, ahead: number, marginMs: number): Verdict & { granted: number } {
    const { waitMs, quotas } = this.takeAll([events], marginMs)
    if (waitMs > 0) return { waitMs, quotas, granted: 0 }
    const more = Math.min(ahead, quotas[0]?.remaining ?? 0)
    return { ...this.takeAll([more], marginMs), granted: events + more }
  }
}

/** A limiter as seen from the Worker. */
type Remote<T, Method extends keyof T> = {
  [M in Method]: T[M] extends (...args: infer A extends number[]) => infer R ? (...args: A) => Promise<R> : never
}

/**
 * The object of a name. itty-durable's own stub answers every property, `then` too, so that awaiting it would never end;
 * this is a plain object around it. `withDurables` is not used: it would forward the client's headers, a `do-name` too.
 *
 * @param name ASCII, and not 64 hex characters, which would be taken for the id of an object
 */
function remote(namespace: DurableObjectNamespace, name: string) {
  return proxyDurable(namespace, { parse: true }).get(name)
}

/** The limiter of one identity in one environment. */
export function identityLimiter(namespace: DurableObjectNamespace, name: string): Remote<IdentityLimiter, 'take'> {
  const stub = remote(namespace, name)
  return { take: (events, marginMs) => stub.take(events, marginMs) }
}

/** The budget of one environment. */
export function appBudget(namespace: DurableObjectNamespace, name: string): Remote<AppBudget, 'lease'> {
  const stub = remote(namespace, name)
  return { lease: (events, ahead, marginMs) => stub.lease(events, ahead, marginMs) }
}
