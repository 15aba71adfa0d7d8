/**
 * The ledger of runs as a Durable Object: SQLite, an alarm, calls from the Worker and from instances.
 * @module
 */
import { DurableObject } from 'cloudflare:workers'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { logError, logLine } from '../log.ts'
import { countStates, type Sql, sqlOf } from '../sql.ts'
import { type Connection, Connections } from '../triggers/connections.ts'
import { type Added, SegmentPages, type SyncPage } from '../triggers/pages.ts'
import { dueSchedules } from '../triggers/schedules.ts'
import { drainRuns, segmentRuns } from '../triggers/select.ts'
import { platformOf } from './platform.ts'
import { Runs } from './runs.ts'
import { releaseLock, takeLock } from './locks.ts'
import { type RunState, SCHEMA, STATES } from './sql.ts'
import type { RunDetail, Started, StepReport, Triggered } from './world.ts'

/** Where an error that nobody expected has ended the alarm, it rings again after this time, in ms. */
const ERROR_RETRY_MS = 30_000

export class WorkflowLedger extends DurableObject<Env> {
  readonly #sql: Sql
  readonly #runs: Runs
  readonly #pages: SegmentPages
  readonly #connections: Connections

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = sqlOf(ctx.storage)
    this.#sql.exec(SCHEMA)
    const platform = platformOf(env.WORKFLOWS)
    this.#runs = new Runs({
      ...platform,
      async start(id) {
        // What is started while the settings are wrong would fail; so it waits.
        configOf(env)
        await platform.start(id)
      },
      sql: this.#sql,
      now: () => Date.now(),
      setAlarm: (at) => void ctx.storage.setAlarm(at),
    })
    this.#pages = new SegmentPages(this.#sql)
    this.#connections = new Connections(this.#sql)
  }

  /** Stores what triggers workflows. What is answered is durable. */
  receive(triggered: Triggered[]): Started[] {
    return this.#whole(() => this.#runs.receive(triggered))
  }

  /** All that it writes, or nothing where it throws: whoever sends it again must not find a half of it. */
  #whole<Result>(write: () => Result): Result {
    return this.ctx.storage.transactionSync(write)
  }

  /**
   * Stores a page of a segment sync; with the last one of them, its workflows are triggered. Nothing comes of a signature that was
   * there before.
   */
  addPage(page: SyncPage, signature: string): Added['kind'] | 'replayed' {
    const now = Date.now()
    return this.#whole(() => {
      if (!this.#pages.isNew(signature, now)) return 'replayed'
      const added = this.#pages.add(page, now)
      if (added.kind === 'whole') this.#runs.receive(segmentRuns(configOf(this.env).workflows, page.task, added.sync))
      return added.kind
    })
  }

  /** The same for a segment that is empty now. */
  drain(segment: SyncPage['segment'], signature: string): 'whole' | 'replayed' {
    return this.#whole(() => {
      if (!this.#pages.isNew(signature, Date.now())) return 'replayed'
      this.#runs.receive(drainRuns(configOf(this.env).workflows, segment, this.#pages.lastAt(segment.id)))
      return 'whole'
    })
  }

  input(id: string): { workflow: string; text: string; at: number } | undefined {
    return this.#runs.input(id)
  }

  /** Inputs by the id of their run, those that have no more bytes. */
  inputs(ids: string[], most: number): Record<string, string> {
    const all = ids.map((id) => [id, this.#runs.input(id, most)?.text] as const)
    return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined))
  }

  step(id: string, report: StepReport): void {
    this.#runs.step(id, report)
  }

  change(id: string, state: RunState, problem: string | null): void {
    this.#runs.change(id, state, problem)
  }

  list(...filter: Parameters<Runs['list']>): RunDetail[] {
    return this.#runs.list(...filter)
  }

  /** How many there are in each state, the newest ones, and the newest that have failed. */
  summary(most: number, mostErrored: number) {
    const [newest, errored] = [
      this.#runs.list({}, Infinity, most),
      this.#runs.list({ state: 'errored' }, Infinity, mostErrored),
    ]
    return { counts: countStates(this.#sql, 'runs', STATES), newest, errored }
  }

  get(id: string): RunDetail | undefined {
    return this.#runs.get(id)
  }

  retry(...args: Parameters<Runs['retry']>): ReturnType<Runs['retry']> {
    return this.#runs.retry(...args)
  }

  lock(name: string, holder: string): boolean {
    return takeLock(this.#sql, name, holder, Date.now())
  }

  unlock(name: string, holder: string): void {
    releaseLock(this.#sql, name, holder)
  }

  addConnection(connection: Connection): void {
    this.#connections.add(connection)
  }

  connections(): Omit<Connection, 'accessToken'>[] {
    return this.#connections.list()
  }

  disconnect(idToken: string): boolean {
    return this.#connections.remove(idToken)
  }

  /** To be called by cron. @param at the time for which it was called, in ms since 1970 */
  async round(at: number): Promise<void> {
    this.#whole(() => this.#runs.receive(dueSchedules(configOf(this.env).workflows, this.#sql, at)))
    const givenUp = this.#pages.expire(Date.now())
    if (givenUp > 0) logLine('warn', 'segment syncs given up, of which pages are missing', { syncs: givenUp })
    await this.#runs.round()
  }

  override async alarm(): Promise<void> {
    try {
      await this.#runs.work()
    } catch (error) {
      // Not left to the platform, which calls an alarm that fails only a few times again.
      logError('workflows', error)
      await this.ctx.storage.setAlarm(Date.now() + ERROR_RETRY_MS)
    }
  }
}

/** The one object. */
export function workflowLedger({ WORKFLOW_LEDGER }: Pick<Env, 'WORKFLOW_LEDGER'>) {
  return WORKFLOW_LEDGER.getByName('workflows')
}
