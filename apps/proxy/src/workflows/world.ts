/**
 * What the ledger of runs is given, what it gives, and the world around it.
 * @module
 */
import type { Sql } from '../sql.ts'
import type { RunRow, StepRow } from './sql.ts'

/** Something that is to start a workflow. */
export interface Triggered {
  workflow: string
  /** What kind of trigger it was. */
  trigger: string
  /** Tells it from others of the same workflow. */
  key: string
  /** For so long, in ms, another one with this key is the same; for ever where there is none. */
  windowMs?: number
  /** JSON. */
  input: string
}

/** What became of it. */
export interface Started {
  workflow: string
  id: string
  /** Whether it came before. */
  isKnown: boolean
  /** It came before with another input, which is the one that counts. */
  isOther?: boolean
}

/** What the platform says of an instance. */
export type PlatformState = 'going' | 'complete' | 'gone'

/** What the ledger needs of the world. */
export interface RunsWorld {
  sql: Sql
  /** Milliseconds since 1970. */
  now(): number
  /** Asks the platform for an instance with this id; done as well where there is one. */
  start(id: string): Promise<void>
  /**
   * Has an instance that failed go on at a step, or begin anew where none is named.
   *
   * @returns false where it cannot go on, since the platform has forgotten what it has done
   */
  restart(id: string, step: string | undefined): Promise<boolean>
  /** Has an instance that does nothing, though it should, go on where it was. */
  revive(id: string): Promise<void>
  state(id: string): Promise<PlatformState>
  /** Has {@link Runs.work} called at this time. */
  setAlarm(at: number): void
}

/** A run and its steps. */
export interface RunDetail extends RunRow {
  steps: StepRow[]
}

/** How a step stands. */
export type StepReport = Pick<StepRow, 'name' | 'state' | 'attempts' | 'problem'> & { until?: number }
