/**
 * A shard of the outbox as a Durable Object: SQLite, an alarm, calls from the Worker.
 * @module
 */
import { DurableObject } from 'cloudflare:workers'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { forward } from '../forward.ts'
import { appBudget, IDENTITY_RULES, identityLimiter } from '../limits/durable.ts'
import { LEASE_MS } from '../limits/lease.ts'
import { budgetName, limiterName } from '../limits/permits.ts'
import { logError } from '../log.ts'
import { answerOf, meter, report } from '../metrics/report.ts'
import { Outbox } from './outbox.ts'
import { type Sql, sqlOf } from '../sql.ts'
import { SCHEMA, type SetAsideRow } from './sql.ts'
import type { Arrival, ArrivedRow, OutboxRecord, OutboxStatus } from './world.ts'

/** Where an error that nobody expected has ended a run, the next one begins after this time, in ms. */
const ERROR_RETRY_MS = 30_000

/** An owner of which nothing waits any more is given back after this time, in ms. */
const LINGER_MS = 5000

const DAY_MS = 86_400_000

/** Which shard of which environment an object is. */
export interface Place {
  app_id: string
  shard: number
}

export type Stored = { outcome: 'stored' } | Exclude<Arrival, { outcome: 'room' }>

export class OutboxShard extends DurableObject<Env> {
  readonly #sql: Sql
  #outbox: Outbox | undefined
  /** Records that have arrived since the last write, and that write. */
  #arrived: ArrivedRow[] = []
  #written: Promise<void> | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = sqlOf(ctx.storage)
    this.#sql.exec(SCHEMA)
  }

  /** Stores records; `unanswered` where they are in a request that may still arrive. What is answered is durable. */
  async store(place: Place, records: OutboxRecord[], unanswered: boolean): Promise<Stored> {
    const arrival = await this.#open(place).arrive(records, unanswered)
    if (arrival.outcome !== 'room') return arrival
    this.#arrived.push(...arrival.rows)
    await (this.#written ??= this.#writeTogether())
    return { outcome: 'stored' }
  }

  status(place: Place): OutboxStatus {
    return this.#open(place).status()
  }

  /** Records that were set aside, oldest first, after the one of this id. */
  listSetAside(place: Place, after: number, most: number): SetAsideRow[] {
    return this.#open(place).listSetAside(after, most)
  }

  /** Puts those back that were set aside, or those of these ids; `left` tells whether there may be more. */
  async retry(place: Place, most: number, ids?: number[]): Promise<{ retried: number; left: boolean }> {
    const outbox = this.#open(place)
    const rows = ids
      ? ids.flatMap((id) => outbox.listSetAside(id - 1, 1).filter((row) => row.id === id))
      : outbox.listSetAside(0, most)
    return { retried: await outbox.retry(rows), left: !ids && rows.length === most }
  }

  /** Throws away a record that was set aside; false where there is none of this id. */
  discard(place: Place, id: number): boolean {
    return this.#open(place).discard(id)
  }

  /** Removes all records of owners that are being deleted, and takes none of them until they are given back; or takes them again. */
  async suppress(place: Place, owners: string[], on: boolean): Promise<void> {
    const outbox = this.#open(place)
    if (on) await outbox.suppress(owners)
    else outbox.endSuppression(owners)
  }

  override async alarm(): Promise<void> {
    try {
      await this.#open().drain()
    } catch (error) {
      // Not left to the platform, which calls an alarm that fails only a few times again.
      await this.ctx.storage.setAlarm(Date.now() + ERROR_RETRY_MS)
      await this.ctx.storage.sync()
      this.#restart(error)
    }
  }

  /** All that arrives in one moment in one transaction: a commit for each would be what costs most. */
  async #writeTogether(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0))
    const rows = this.#arrived
    this.#arrived = []
    this.#written = undefined
    try {
      this.ctx.storage.transactionSync(() => this.#open().insert(rows))
    } catch (error) {
      this.#restart(error)
    }
  }

  /** What is in memory may not be what is stored any more: the next call begins with a new object. */
  #restart(error: unknown): never {
    logError('outbox', error)
    this.ctx.abort('An error that was not expected; the records that were stored are safe.')
    throw error
  }

  /** An alarm does not tell an object its name, so that its place is stored. */
  #open(place?: Place): Outbox {
    if (this.#outbox) return this.#outbox
    if (place) {
      this.#sql.exec("INSERT OR IGNORE INTO state (name, value) VALUES ('place', ?)", JSON.stringify(place))
    }
    const [row] = this.#sql.exec<{ value: string }>("SELECT value FROM state WHERE name = 'place'")
    if (!row) throw new Error('This shard of the outbox was never written to.')
    return (this.#outbox = this.#start(JSON.parse(row.value) as Place))
  }

  #start({ app_id, shard }: Place): Outbox {
    const { env } = this
    const { heapUrl, heapTimeoutMs, limitMarginMs, outbox } = configOf(env)
    const limiter = (owner: string) => identityLimiter(env.IDENTITY_LIMITER, limiterName(app_id, owner))
    return new Outbox(
      {
        sql: this.#sql,
        now: () => Date.now(),
        random: () => Math.random(),
        hold: (owner, life) => limiter(owner).hold(shard, life, limitMarginMs),
        release: (owner, life, [requests = [], events = []]) =>
          limiter(owner).release(shard, life, limitMarginMs, requests.length, ...[...requests, ...events].flat()),
        lease: (events) => appBudget(env.APP_BUDGET, budgetName(app_id)).lease(1, events - 1, limitMarginMs + LEASE_MS),
        send: async (path, body, records) => {
          const began = Date.now()
          const delivery = await forward(heapUrl + path, body, heapTimeoutMs)
          meter.heap('outbox', answerOf(delivery), Date.now() - began)
          if (delivery.kind === 'delivered') meter.count('delivered', records, app_id, path, 'outbox')
          report(env)
          return delivery
        },
        setAlarm: (at) => void this.ctx.storage.setAlarm(at),
      },
      {
        app_id,
        shard,
        maxRows: outbox.maxRows,
        maxBytes: outbox.maxBytes,
        maxAgeMs: outbox.maxAgeDays * DAY_MS,
        rules: IDENTITY_RULES,
        marginMs: limitMarginMs,
        underWayMs: heapTimeoutMs,
        lingerMs: LINGER_MS,
      },
    )
  }
}
