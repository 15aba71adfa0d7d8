/**
 * The figures as a Durable Object: what all isolates have counted, and how everything stands, made once for all who look.
 * @module
 */
import { DurableObject } from 'cloudflare:workers'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { logError } from '../log.ts'
import { placesOf } from '../outbox/shards.ts'
import { sqlOf } from '../sql.ts'
import { Busiest } from './busiest.ts'
import { exposition } from './exposition.ts'
import type { Batch } from './meter.ts'
import { type Overview, overviewOf, ownerOf } from './overview.ts'
import { SCHEMA, Store } from './store.ts'
import { RANGES, type State, SUMS, type View, VIEWS } from './types.ts'

/** What came is written after this time, in ms: a little before an object that nobody calls may be gone. */
const WRITE_MS = 8000

/** Everything is asked again after this time, in ms; where there are many shards, after more. */
const FRESH_MS = 2000
const FRESH_MS_PER_SHARD = 25

/** Figures over a long time are made anew after this time at the latest, in ms. */
const SERIES_FRESH_MS = 10_000

const SHOWN_IDENTITIES = 10

/** JSON of a {@link Series} and of a {@link State}. */
export interface Live {
  series: string
  state: string
}

export class Metrics extends DurableObject<Env> {
  readonly #store: Store
  readonly #busiest = new Busiest()
  #alarm = false
  readonly #overview: Made<Promise<Overview>>
  readonly #series: Record<View, Made<string>>
  readonly #state: Made<Promise<string>>

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const sql = sqlOf(ctx.storage)
    sql.exec(SCHEMA)
    this.#store = new Store(sql)
    const freshMs = Math.max(FRESH_MS, placesOf(configOf(env)).length * FRESH_MS_PER_SHARD)
    this.#overview = new Made(freshMs, () => overviewOf(env))
    this.#state = new Made(freshMs, async () => JSON.stringify(this.#stateOf(await this.#overview.get())))
    const series = (view: View) =>
      new Made(Math.min(RANGES[VIEWS[view].range].stepMs / 5, SERIES_FRESH_MS), () =>
        JSON.stringify(this.#store.series(view, Date.now())),
      )
    this.#series = { quarter: series('quarter'), hour: series('hour'), day: series('day'), week: series('week') }
  }

  /** Takes what an isolate has counted. */
  async add({ counters, latency, busy }: Batch): Promise<void> {
    const now = Date.now()
    this.#forget(now)
    this.#store.add(now, { counters, latency })
    this.#busiest.add(now, busy)
    if (this.#alarm) return
    this.#alarm = true
    await this.ctx.storage.setAlarm(now + WRITE_MS)
  }

  async live(view: View): Promise<Live> {
    return { series: this.#series[view].get(), state: await this.#state.get() }
  }

  /** For Prometheus. What it is told is durable, so that no counter ever goes back. */
  async exposition(): Promise<string> {
    const overview = await this.#overview.get()
    this.#forget(Date.now())
    this.#write()
    return exposition(this.#store.totals, overview)
  }

  override alarm(): void {
    this.#alarm = false
    this.#forget(Date.now())
    try {
      this.#write()
    } catch (error) {
      logError('metrics', error)
    }
  }

  /** Nobody is known here for longer than they count, nor what was told of them. */
  #forget(now: number): void {
    this.#busiest.forget(now)
    this.#overview.forget(now)
    this.#state.forget(now)
  }

  #write(): void {
    if (this.#store.isWritten) return
    this.ctx.storage.transactionSync(() => this.#store.write(Date.now()))
  }

  #stateOf(overview: Overview): State {
    const totals = SUMS.map((name) => [name, this.#store.total(name)])
    const busiest = this.#busiest
      .top(Date.now(), SHOWN_IDENTITIES)
      .map(({ app_id, key, requests, events }) => ({ app_id, ...ownerOf(key), requests, events }))
    return { ...overview, totals: Object.fromEntries(totals) as State['totals'], busiest }
  }
}

/** What is made once for all who ask within this time, in ms. */
class Made<T> {
  readonly #freshMs: number
  readonly #make: () => T
  #made: { value: T; at: number } | undefined

  constructor(freshMs: number, make: () => T) {
    this.#freshMs = freshMs
    this.#make = make
  }

  get(): T {
    const now = Date.now()
    this.forget(now)
    this.#made ??= { value: this.#make(), at: now }
    return this.#made.value
  }

  /** Lets go of what is not fresh any more. */
  forget(now: number): void {
    if (this.#made && Math.abs(now - this.#made.at) >= this.#freshMs) this.#made = undefined
  }
}
