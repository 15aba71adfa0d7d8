/**
 * The ledger of deletions as a Durable Object: SQLite, an alarm, calls from the Worker.
 * @module
 */
import { DurableObject } from 'cloudflare:workers'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { ARRIVAL_MS } from '../forward.ts'
import { logError } from '../log.ts'
import { report } from '../metrics/report.ts'
import { countStates, type Sql, sqlOf } from '../sql.ts'
import { ask, heapAdminOf, submit } from './heap.ts'
import { Ledger } from './ledger.ts'
import { channelsOf, notify } from './notify.ts'
import { type DeletionRow, SCHEMA } from './sql.ts'
import { type DeletionState, STATES } from './state.ts'
import { suppress, usersPerRound } from './suppress.ts'
import type { Created, DeletionDetail, NamedUser } from './world.ts'

/** Where an error that nobody expected has ended a run, the next one begins after this time, in ms. */
const ERROR_RETRY_MS = 30_000

export class DeletionLedger extends DurableObject<Env> {
  readonly #sql: Sql
  readonly #ledger: Ledger

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const sql = sqlOf(ctx.storage)
    this.#sql = sql
    sql.exec(SCHEMA)
    const config = configOf(env)
    const admin = heapAdminOf(config)
    const { overdueMs, timeoutMs, graceMs } = config.deletions
    const underWayMs = config.heapTimeoutMs + ARRIVAL_MS
    this.#ledger = new Ledger(
      {
        sql,
        whole: (write) => ctx.storage.transactionSync(write),
        now: () => Date.now(),
        random: () => Math.random(),
        uuid: () => crypto.randomUUID(),
        suppress: (users, until, call) => suppress(env, config, users, until, call),
        submit: (users) => submit(admin, users, config.heapTimeoutMs),
        ask: (heapId) => ask(admin, heapId),
        notify: (notice) => notify(env, config, notice),
        setAlarm: (at) => void ctx.storage.setAlarm(at),
      },
      { overdueMs, timeoutMs, graceMs, underWayMs, usersPerRound: usersPerRound(config), channels: channelsOf(config) },
    )
  }

  /** Stores a deletion. What is answered is durable. */
  create(users: NamedUser[], fingerprint: string, key?: string): Promise<Created> {
    return this.#ledger.create(users, fingerprint, key)
  }

  list(state: DeletionState | undefined, after: string | undefined, most: number): DeletionRow[] | undefined {
    return this.#ledger.list(state, after, most)
  }

  /** How many there are in each state, and the newest ones. */
  summary(most: number): { counts: Record<string, number>; newest: DeletionRow[] } {
    const newest = this.#ledger.list(undefined, undefined, most) ?? []
    return { counts: countStates(this.#sql, 'deletions', STATES), newest }
  }

  get(id: string): DeletionDetail | undefined {
    return this.#ledger.get(id)
  }

  hashes(id: string): { salt: string; hashes: string[] } | undefined {
    return this.#ledger.hashes(id)
  }

  poll(id: string): Promise<DeletionDetail | undefined> {
    return this.#ledger.poll(id).finally(() => report(this.env))
  }

  /** To be called by cron. */
  round(): Promise<void> {
    return this.#ledger.round().finally(() => report(this.env))
  }

  override async alarm(): Promise<void> {
    try {
      await this.#ledger.run()
      report(this.env)
    } catch (error) {
      // Not left to the platform, which calls an alarm that fails only a few times again.
      logError('deletions', error)
      await this.ctx.storage.setAlarm(Date.now() + ERROR_RETRY_MS)
      await this.ctx.storage.sync()
      this.ctx.abort('An error that was not expected; the deletions that were stored are safe.')
    }
  }
}

/** The one object. */
export function deletionLedger({ DELETIONS }: Pick<Env, 'DELETIONS'>) {
  return DELETIONS.getByName('deletions')
}
