/**
 * What the operations page is told. Plain types, which the page shares.
 * @module
 */

/** What is kept: steps of a length, and for how long. */
export const RANGES = {
  hour: { stepMs: 10_000, keptMs: 3_600_000 },
  day: { stepMs: 60_000, keptMs: 86_400_000 },
  week: { stepMs: 600_000, keptMs: 604_800_000 },
} as const

export type Range = keyof typeof RANGES

/** How far back the page shows: the last steps of a range. */
export const VIEWS = {
  quarter: { range: 'hour', steps: 90 },
  hour: { range: 'hour', steps: 360 },
  day: { range: 'day', steps: 1440 },
  week: { range: 'week', steps: 1008 },
} as const satisfies Record<string, { range: Range; steps: number }>

export type View = keyof typeof VIEWS

/** What is summed up over time, in the order in which it is stored. */
export const SUMS = ['accepted', 'delivered', 'queued', 'refused', 'suppressed'] as const
export type Sum = (typeof SUMS)[number]

/** Figures over time: a value for each step, the oldest first. The last step is not over yet. */
export interface Series extends Record<Sum, number[]> {
  range: Range
  /** Length of a step, in s. */
  step_s: number
  /** When the first step begins, in s since 1970. */
  from: number
  /** Time to Heap in ms; null where Heap was not asked. */
  p50: (number | null)[]
  p99: (number | null)[]
  /** The same of all steps together. */
  whole: { p50: number | null; p99: number | null }
}

export interface ShardState {
  app_id: string
  shard: number
  /** Null where the shard did not answer in time. */
  depth: number | null
  oldest_age_s: number | null
  set_aside: number
  failures: number
  problem: string | null
  next_attempt: string | null
}

export interface BusyState {
  app_id: string
  /** `identity` or `user_id`. */
  kind: string
  who: string
  requests: number
  events: number
}

export interface DeletionState {
  id: string
  state: string
  users: number
  overdue: boolean
  accepted_at: string
  ended_at: string | null
  problem: string | null
}

export interface StepState {
  name: string
  state: string
  attempts: number
  problem: string | null
}

export interface RunState {
  id: string
  workflow: string
  trigger: string
  state: string
  created_at: string
  ended_at: string | null
  problem: string | null
  steps: StepState[]
}

export interface AsideState {
  id: string
  app_id: string
  path: string
  /** The event's name, where it is one. */
  event: string | null
  /** `identity`, `user_id` or `account`. */
  kind: string
  who: string
  set_aside_at: string
  why: string
  status: number | null
  reason: string | null
  /** The beginning of its JSON, for people to read. */
  record: string
}

/** How all stands now. A list is null where it could not be had. */
export interface State {
  at: string
  limits: { requests: number; requests_s: number; events: number; events_s: number }
  /** Since the proxy was first deployed. */
  totals: Record<Sum, number>
  shards: ShardState[]
  busiest: BusyState[]
  /** How many there are in each state; no more than 10,000 of one are counted. */
  deletions: { counts: Record<string, number>; newest: DeletionState[] } | null
  runs: { counts: Record<string, number>; newest: RunState[] } | null
  set_aside: { count: number; oldest: AsideState[] }
}
