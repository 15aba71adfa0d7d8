/**
 * The limiters as Durable Objects, in itty-durable's shell: the only file that knows of it.
 *
 * Numbers come in, a small verdict goes out. What `windows.ts` asks to store is written before the answer leaves, which the
 * output gate of the object sees to; most hits write nothing.
 * @module
 */
import { type Entry, EVENTS_PER_APP, EVENTS_PER_IDENTITY, REQUESTS_PER_IDENTITY } from '@heap-edge/contract'
import { createDurable, proxyDurable } from 'itty-durable'
import { NOBODY, SUPPRESSED } from './holder.ts'
import { type Quota, type Rule, type Stored, Windows } from './windows.ts'

/** The limits of one identity, and what of them may pass unstored. */
export const IDENTITY_RULES: readonly Rule[] = [
  { ...REQUESTS_PER_IDENTITY, ahead: 10 },
  { ...EVENTS_PER_IDENTITY, ahead: 300 },
]

const APP_RULES: readonly Rule[] = [{ ...EVENTS_PER_APP, ahead: 1000 }]

/** An object that nobody has called for so long has nothing to remember: its storage is deleted. In ms. */
const IDLE_MS = 300_000

const DAY_MS = 86_400_000

/** The answer of a limiter. Where `waitMs` is 0 it may pass, and is counted already. */
export interface Verdict {
  waitMs: number
  quotas: Quota[]
}

/** Windows that pass or wait together, in one Durable Object. */
abstract class Limiter extends createDurable({ autoPersist: false }) {
  // What itty-durable loads, and what is stored.
  logs: Entry[][] = []
  ahead: Stored['ahead']
  /** The shard of the outbox that holds the identity: it alone sends for it, and counts what it sends. */
  holder = NOBODY
  /** The life of that shard in which it asked for it. */
  since = 0
  /** Nothing passes before this time: the identity is being deleted. */
  suppressedUntil = 0
  /** The call that said so. */
  suppressedBy = 0

  /** itty-durable keeps out of storage what hangs on `state`. */
  declare state: DurableObjectState & { windows?: Windows | undefined; alarm?: boolean }

  protected abstract readonly rules: readonly Rule[]

  /** It would probe and copy every binding; it gets none. */
  constructor(state: DurableObjectState) {
    super(state, {})
  }

  protected windows(now: number, marginMs: number): Windows {
    return (this.state.windows ??= new Windows(this.rules, marginMs, now, this))
  }

  /** @param marginMs how much wider than Heap's the windows are */
  protected takeAll(counts: readonly number[], marginMs: number): Verdict {
    const now = Date.now()
    const windows = this.windows(now, marginMs)
    const { waitMs, store } = windows.take(now, counts)
    if (store) this.store(now, store)
    return { waitMs, quotas: windows.quotas(now) }
  }

  protected store(now: number, { logs, ahead }: Stored): void {
    this.logs = logs
    this.ahead = ahead
    const { holder, since, suppressedUntil, suppressedBy } = this
    void this.state.storage.put('data', { logs, ahead, holder, since, suppressedUntil, suppressedBy })
    if (this.state.alarm) return
    this.state.alarm = true
    void this.state.storage.setAlarm(now + IDLE_MS)
  }

  /** Deletes what is stored once nothing of it counts any more. */
  async alarm(): Promise<void> {
    await this.loadFromStorage()
    this.state.alarm = false
    if (this.holder !== NOBODY) return
    const now = Date.now()
    const last = Math.max(this.ahead?.until ?? 0, ...this.logs.map((log) => log.at(-1)?.[0] ?? 0))
    if (now - last < IDLE_MS || now < this.suppressedUntil) {
      this.state.alarm = true
      await this.state.storage.setAlarm(Math.min(Math.max(now + IDLE_MS, this.suppressedUntil), now + DAY_MS))
      return
    }
    this.suppressedUntil = this.suppressedBy = 0
    this.state.windows = undefined
    this.logs = []
    this.ahead = undefined
    await this.state.storage.deleteAll()
  }
}

/** One identity in one environment: 30 requests in 30 s and 1000 events in 60 s. */
export class IdentityLimiter extends Limiter {
  protected get rules(): readonly Rule[] {
    return IDENTITY_RULES
  }

  /** One request with this many events. Nothing is counted while the outbox holds the identity. */
  take(events: number, marginMs: number): Verdict & { holder: number } {
    const { holder } = this.look()
    if (holder !== NOBODY) return { waitMs: 0, quotas: [], holder }
    return { ...this.takeAll([1, events], marginMs), holder }
  }

  /** Who holds it, or {@link SUPPRESSED}. Nothing is counted. */
  look(): { holder: number } {
    return { holder: Date.now() < this.suppressedUntil ? SUPPRESSED : this.holder }
  }

  /**
   * From now until this time nothing of it passes. Ignored after one with a higher `call`: it has come late.
   *
   * @returns which shard of the outbox holds it, and may have records of it
   */
  suppress(until: number, call: number, marginMs: number): { holder: number } {
    if (call < this.suppressedBy) return { holder: this.holder }
    this.suppressedUntil = until
    this.suppressedBy = call
    const now = Date.now()
    const windows = this.windows(now, marginMs)
    windows.wait(now, [])
    this.store(now, { logs: windows.logs })
    return { holder: this.holder }
  }

  /**
   * Gives the identity to a shard of the outbox, together with what still counts of it. Whoever holds it already keeps it,
   * and may ask again.
   *
   * @param life grows each time that a shard starts, so that a call of one which died is known when it comes late
   */
  hold(shard: number, life: number, marginMs: number): { holder: number; logs: Entry[][] } {
    const now = Date.now()
    const windows = this.windows(now, marginMs)
    windows.wait(now, [])
    if (now < this.suppressedUntil) return { holder: SUPPRESSED, logs: [] }
    if (this.holder === NOBODY || this.holder === shard) {
      this.holder = shard
      this.since = Math.max(this.since, life)
      this.store(now, { logs: windows.logs })
    }
    return { holder: this.holder, logs: windows.logs }
  }

  /**
   * Takes the identity back, with what was sent for it: `requests` pairs of time and count, then those of the events. From a
   * shard that does not hold it, or has asked for it in a later life, this is ignored.
   */
  release(shard: number, life: number, marginMs: number, requests: number, ...numbers: number[]): { holder: number } {
    if (this.holder !== shard || life < this.since) return { holder: this.holder }
    const pairs: Entry[] = []
    for (let i = 0; i + 1 < numbers.length; i += 2) pairs.push([numbers[i] as number, numbers[i + 1] as number])
    const now = Date.now()
    this.holder = NOBODY
    const windows = this.windows(now, marginMs)
    windows.addLogs([pairs.slice(0, requests), pairs.slice(requests)])
    windows.wait(now, [])
    this.store(now, { logs: windows.logs })
    return { holder: NOBODY }
  }
}

/** One environment: 15,000 events in 60 s. */
export class AppBudget extends Limiter {
  protected get rules(): readonly Rule[] {
    return APP_RULES
  }

  /** At least `events`, and as many of `ahead` more as there are left. `granted` tells how many that makes. */
  lease(events: number, ahead: number, marginMs: number): Verdict & { granted: number } {
    const now = Date.now()
    const left = this.windows(now, marginMs).quotas(now)[0]?.remaining ?? 0
    const granted = Math.max(events, Math.min(events + ahead, left))
    const verdict = this.takeAll([granted], marginMs)
    return { ...verdict, granted: verdict.waitMs === 0 ? granted : 0 }
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
export function identityLimiter(
  namespace: DurableObjectNamespace,
  name: string,
): Remote<IdentityLimiter, 'take' | 'look' | 'hold' | 'release' | 'suppress'> {
  const stub = remote(namespace, name)
  return {
    take: (events, marginMs) => stub.take(events, marginMs),
    look: () => stub.look(),
    hold: (...numbers) => stub.hold(...numbers),
    release: (...numbers) => stub.release(...numbers),
    suppress: (...numbers) => stub.suppress(...numbers),
  }
}

/** The budget of one environment. */
export function appBudget(namespace: DurableObjectNamespace, name: string): Remote<AppBudget, 'lease'> {
  const stub = remote(namespace, name)
  return { lease: (events, ahead, marginMs) => stub.lease(events, ahead, marginMs) }
}
