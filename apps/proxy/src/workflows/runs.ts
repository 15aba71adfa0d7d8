/**
 * The ledger of runs: what triggered a workflow is stored before anybody is told that it came, and the platform is asked to start
 * an instance until it did. It knows no Durable Object; what it does between two awaits is one transaction.
 * @module
 */
import { createHash } from 'node:crypto'
import { contentKey } from '../json.ts'
import type { Sql } from '../sql.ts'
import { partsOf, type RunRow, type RunState, type StepRow } from './sql.ts'
import type { RunDetail, RunsWorld, Started, StepReport, Triggered } from './world.ts'

/** The step in which a run fails where it is none of its own that did: there it goes on, and what was done stays done. */
export const BETWEEN_STEPS = 'heap-edge: between steps'

/** Why a run failed that was not heard of. */
const ENDED = 'The platform has ended it'
const STARTS_PER_RUN = 20
const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 600_000
/** The platform is asked about a run that was not heard of for so long. */
const SILENT_MS = 1_800_000
const ASKS_PER_ROUND = 20
/** Of a run in a list: it may have 10,000, and a list 100 runs. */
const STEPS_LISTED = 20
const DAY_MS = 86_400_000
const KEPT_MS: Record<'complete' | 'errored', number> = { complete: 7 * DAY_MS, errored: 30 * DAY_MS }

export class Runs {
  readonly #world: RunsWorld
  readonly #sql: Sql
  /** Of the newest step. */
  #place = 0

  constructor(world: RunsWorld) {
    this.#world = world
    this.#sql = world.sql
  }

  /** Stores what triggers workflows, all of it or nothing. What was there already is known, and starts nothing. */
  receive(all: readonly Triggered[]): Started[] {
    const now = this.#world.now()
    const started = all.map(({ workflow, trigger, key, windowMs, input }): Started => {
      const query = 'SELECT id FROM runs WHERE workflow = ? AND key = ? AND created_at > ?'
      const since = windowMs === undefined ? -1 : now - windowMs
      const [known] = this.#sql.exec<{ id: string }>(query, workflow, key, since)
      if (known) {
        const isOther = windowMs === undefined && !isSame(this.input(known.id)?.text, input)
        return { workflow, id: known.id, isKnown: true, isOther }
      }
      const id = `${workflow}-${hashOf(windowMs === undefined ? key : `${key} ${now}`)}`
      const [row] = this.#sql.exec<{ seq: number }>(
        `INSERT INTO runs (id, workflow, trigger, key, state, created_at, seen_at, next_at, bytes)
         VALUES (?, ?, ?, ?, 'received', ?, ?, ?, ?) RETURNING seq`,
        id,
        workflow,
        trigger,
        key,
        now,
        now,
        now,
        Buffer.byteLength(input),
      )
      for (const [part, text] of partsOf(input).entries()) {
        this.#sql.exec('INSERT INTO inputs VALUES (?, ?, ?)', row?.seq ?? 0, part, text)
      }
      return { workflow, id, isKnown: false }
    })
    this.#setAlarm()
    return started
  }

  /** Asks the platform to start what is due. To be called by the alarm. */
  async work(): Promise<void> {
    const query = 'SELECT * FROM runs WHERE next_at <= ? ORDER BY next_at LIMIT ?'
    for (const { seq, id, attempts } of this.#sql.exec<RunRow>(query, this.#world.now(), STARTS_PER_RUN)) {
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS)
      const [due] = this.#sql.exec(
        "UPDATE runs SET attempts = attempts + 1, next_at = ? WHERE seq = ? AND state = 'received' RETURNING seq",
        this.#world.now() + pause,
        seq,
      )
      // One that was asked for before a crash may have got on while others were started.
      if (!due) continue
      try {
        await this.#world.start(id)
        // It may be over already.
        const query = `UPDATE runs SET state = 'running', next_at = NULL, problem = NULL WHERE seq = ? AND state = 'received'`
        this.#sql.exec(query, seq)
      } catch (error) {
        const problem = `Not started: ${String(error).slice(0, 500)}`
        this.#sql.exec("UPDATE runs SET problem = ? WHERE seq = ? AND state = 'received'", problem, seq)
      }
    }
    this.#setAlarm()
  }

  /** The input of a run, and when it came; nothing where there is no such run, or its input has more bytes. */
  input(id: string, most = Infinity): { workflow: string; text: string; at: number } | undefined {
    const [run] = this.#byId(id)
    if (!run || run.bytes > most) return undefined
    const query = 'SELECT text FROM inputs WHERE run = ? ORDER BY part'
    const parts = this.#sql.exec<{ text: string }>(query, run.seq)
    return { workflow: run.workflow, text: parts.map(({ text }) => text).join(''), at: run.created_at }
  }

  /** Writes down how a step of a run stands. */
  step(id: string, { name, state, attempts, problem, until }: StepReport): void {
    const [run] = this.#byId(id)
    if (!run) return
    const now = this.#world.now()
    const ended = state === 'complete' || state === 'errored' ? now : null
    this.#sql.exec(
      `INSERT INTO steps (run, place, name, state, attempts, started_at, ended_at, problem)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run, name) DO UPDATE SET
         state = excluded.state, attempts = excluded.attempts, ended_at = excluded.ended_at, problem = excluded.problem`,
      run.seq,
      // In the order of time, without counting those that are there.
      (this.#place = Math.max(now * 1000, this.#place + 1)),
      name,
      state,
      attempts,
      now,
      ended,
      problem,
    )
    this.#sql.exec('UPDATE runs SET seen_at = max(seen_at, ?) WHERE seq = ?', until ?? now, run.seq)
  }

  /** Writes down how a run stands. */
  change(id: string, state: RunState, problem: string | null): void {
    const now = this.#world.now()
    const ended = state === 'complete' || state === 'errored' ? now : null
    this.#sql.exec(
      'UPDATE runs SET state = ?, problem = ?, ended_at = ?, seen_at = ?, next_at = NULL WHERE id = ?',
      state,
      problem,
      ended,
      now,
      id,
    )
  }

  /** Newest first, each with its last 20 steps. @param before the seq of the last one of the list before */
  list(
    filter: { state?: RunState | undefined; workflow?: string | undefined },
    before: number,
    most: number,
  ): RunDetail[] {
    const { state = null, workflow = null } = filter
    return this.#sql
      .exec<RunRow>(
        `SELECT * FROM runs WHERE seq < ? AND (? IS NULL OR state = ?) AND (? IS NULL OR workflow = ?)
         ORDER BY seq DESC LIMIT ?`,
        before,
        state,
        state,
        workflow,
        workflow,
        most,
      )
      .map((run) => this.#detail(run, STEPS_LISTED))
  }

  get(id: string): RunDetail | undefined {
    const [run] = this.#byId(id)
    return run && this.#detail(run)
  }

  /**
   * Has a run go on: one that failed at the step that did, one that should be going where it was. One that the platform has
   * forgotten begins anew, where nothing is done twice then.
   *
   * @param anew begins anew in any case, if it failed: what was done is done again
   */
  async retry(id: string, anew = false): Promise<RunDetail | 'complete' | 'forgotten' | undefined> {
    const run = this.get(id)
    if (!run) return undefined
    if (run.state === 'complete') return 'complete'
    if (run.state === 'received') {
      this.#sql.exec('UPDATE runs SET next_at = ? WHERE id = ?', this.#world.now(), id)
      this.#setAlarm()
      return this.get(id)
    }
    if (run.state === 'running') {
      const state = await this.#world.state(id)
      if (state === 'complete') this.change(id, 'complete', null)
      if (state === 'going') await this.#world.revive(id)
      if (state !== 'gone') return this.get(id)
    }
    const failed = run.steps.find(({ state }) => state !== 'complete')?.name
    const isFresh = !run.steps.some(({ state }) => state === 'complete')
    const step = run.steps.length > 0 && !anew ? (failed ?? BETWEEN_STEPS) : undefined
    this.change(id, 'running', null)
    let goesOn = false
    try {
      goesOn = (await this.#world.restart(id, step)) || (isFresh && (await this.#world.restart(id, undefined)))
    } finally {
      if (!goesOn && this.#byId(id)[0]?.state === 'running') this.change(id, 'errored', run.problem ?? ENDED)
    }
    return goesOn ? this.get(id) : 'forgotten'
  }

  /** Asks about runs that are silent, and forgets old ones. To be called by cron. */
  async round(): Promise<void> {
    const now = this.#world.now()
    for (const [state, ms] of Object.entries(KEPT_MS)) {
      const old = 'SELECT seq FROM runs WHERE state = ? AND seen_at < ?'
      for (const table of ['inputs', 'steps'])
        this.#sql.exec(`DELETE FROM ${table} WHERE run IN (${old})`, state, now - ms)
      this.#sql.exec('DELETE FROM runs WHERE state = ? AND seen_at < ?', state, now - ms)
    }
    const query = "SELECT * FROM runs WHERE state = 'running' AND seen_at < ? ORDER BY seen_at LIMIT ?"
    for (const { id, seen_at } of this.#sql.exec<RunRow>(query, now - SILENT_MS, ASKS_PER_ROUND)) {
      const state = await this.#world.state(id).catch(() => undefined)
      // What it says of itself meanwhile is truer, and somebody may have had it go on.
      const [run] = this.#byId(id)
      if (run?.state !== 'running' || run.seen_at !== seen_at) continue
      if (state === 'complete') this.change(id, 'complete', null)
      else if (state === 'gone') this.change(id, 'errored', ENDED)
      else if (state === 'going') this.change(id, 'running', null)
    }
  }

  #byId(id: string): RunRow[] {
    return this.#sql.exec<RunRow>('SELECT * FROM runs WHERE id = ?', id)
  }

  /** @param most steps, of which the last ones are given */
  #detail(run: RunRow, most = -1): RunDetail {
    const query = `SELECT name, state, attempts, started_at, ended_at, problem FROM steps WHERE run = ?
      ORDER BY place DESC LIMIT ?`
    return { ...run, steps: this.#sql.exec<StepRow>(query, run.seq, most).toReversed() }
  }

  #setAlarm(): void {
    const [row] = this.#sql.exec<{ at: number | null }>('SELECT min(next_at) AS at FROM runs WHERE next_at IS NOT NULL')
    if (typeof row?.at === 'number') this.#world.setAlarm(row.at)
  }
}

/** Whether two inputs are the same, in whatever order their fields come. */
function isSame(text: string | undefined, other: string): boolean {
  return text === other || (text !== undefined && contentKey(JSON.parse(text)) === contentKey(JSON.parse(other)))
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 24)
}
