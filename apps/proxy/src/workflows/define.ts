/**
 * How a deployer says what happens when something happened: `heap.config.ts` is written with this.
 * @module
 */
import type { FlatRecord, heap } from '@heap-edge/workflows'
import type { NamedUser } from '../deletions/world.ts'

/** What Heap's event webhook brought. */
export interface EventInput {
  /** The field `event` of the body. */
  event: string
  /** All fields, flat: `user.identity`. Those that Heap sent empty are left out. */
  properties: FlatRecord
}

/** Users who entered a segment, or left it, of all pages of one sync. */
export interface SegmentInput {
  segment: { id: number; name: string }
  /** Each is the value of the user property that was chosen in Heap to know users by. */
  users: string[]
}

/** What was posted to `/hooks/run/:workflow/:token`. */
export type RunInput = Record<string, unknown>[]

/** When a schedule was due. */
export interface ScheduleInput {
  /** ISO 8601. */
  scheduledTime: string
}

/** What became of a deletion; also what the webhook of NOTIFY_WEBHOOK_URL gets as `data`. */
export interface DeletionInput {
  id: string
  state: string
  users: number
  user_names?: string[]
  accepted_at: string
  ended_at: string | null
  problem: string | null
}

/** Ends of a deletion, and `overdue`, which is none. */
export type DeletionEvent = 'complete' | 'overdue' | 'timed_out' | 'failed'

/** Steps of a run: what is done stays done, whatever happens to the machine. */
export interface Steps {
  /**
   * Does something once, and again where it failed and may work later: after 5 s, then later each time, up to 10 minutes, ten
   * times in all. Its result is kept, so that it is not done again when the run goes on elsewhere.
   *
   * @param name unique in the run, 1 to 100 characters
   * @param act resolves with what can be kept as JSON, at most 1 MiB
   * @throws what it threw last
   */
  do<Result>(name: string, act: () => Promise<Result>): Promise<Result>
  /** Waits, without a machine that waits. */
  sleep(name: string, ms: number): Promise<void>
}

/** What a workflow is given. */
export interface Run<Input, Setting extends string = string> {
  /** The same each time this run goes on: a key for what must not happen twice. */
  id: string
  input: Input
  /** When what triggered it came. */
  at: Date
  /** All of `needs`, and those of `uses` that are set. */
  settings: Record<Setting, string>
  step: Steps
  /** Goes into the actions of `heap`: what they send goes through this proxy, which keeps Heap's limits and loses nothing. */
  proxy: heap.HeapSettings
  /**
   * Does something while no other run does something alone under this name: for what others would spoil. At most two minutes;
   * to be called within a step.
   *
   * @throws what `act` threw; an error that may be retried where others were at it for a minute
   */
  alone<Result>(name: string, act: () => Promise<Result>): Promise<Result>
  /** Has users deleted and followed until they are, as `POST /admin/deletions`; a second time it is the same deletion. */
  deleteUsers(users: NamedUser[]): Promise<{ id: string }>
}

export type Trigger =
  | { kind: 'event'; event: string }
  | { kind: 'segment'; segment: string; change: SegmentChange }
  | { kind: 'run' }
  | { kind: 'schedule'; cron: string }
  | { kind: 'deletion'; event: DeletionEvent }

export type SegmentChange = 'added' | 'removed' | 'drained'

/** A workflow, as `heap.config.ts` lists it. */
export interface Workflow {
  name: string
  trigger: Trigger
  needs: readonly string[]
  uses: readonly string[]
  check(settings: Record<string, string>): void
  run(run: Run<never>): Promise<string | void>
}

/** What is said of every workflow. */
export interface WorkflowOptions<Input, Needed extends string, Used extends string> {
  /** Lower case letters, digits and hyphens, at most 40; unique. */
  name: string
  /** Settings without which it is silent. Where some of them are set and others not, the Worker refuses to start. */
  needs?: readonly Needed[]
  /** Settings that it uses where they are set. */
  uses?: readonly Used[]
  /** Looks at the settings before anything runs: call `check` of the actions. What it throws stops the Worker. */
  check?: (settings: Record<Needed, string> & Partial<Record<Used, string>>) => void
  /** May resolve with what it left undone, in a sentence, which is shown with the run. */
  run: (
    run: Omit<Run<Input>, 'settings'> & { settings: Record<Needed, string> & Partial<Record<Used, string>> },
  ) => Promise<string | void>
}

function define<Input, Needed extends string, Used extends string>(
  trigger: Trigger,
  { name, needs = [], uses = [], check = () => {}, run }: WorkflowOptions<Input, Needed, Used>,
): Workflow {
  // What is given to them is made of needs, uses and the trigger.
  return { name, trigger, needs, uses, check, run: run as unknown as Workflow['run'] }
}

/**
 * When Heap's event webhook brings this event.
 *
 * @param event the field `event` of the body; `*` means every one
 * @example
 * ```ts
 * onEvent('Signup', {
 *   name: 'signup-to-slack',
 *   needs: ['SLACK_WEBHOOK_URL'],
 *   run: ({ input, settings, step }) =>
 *     step.do('tell', () => slack({ webhookUrl: settings.SLACK_WEBHOOK_URL, text: `From ${input.properties.city}` })),
 * })
 * ```
 */
export function onEvent<Needed extends string = never, Used extends string = never>(
  event: string,
  options: WorkflowOptions<EventInput, Needed, Used>,
): Workflow {
  return define({ kind: 'event', event }, options)
}

/**
 * When users entered a segment or left it, or when Heap says that it is empty: a workflow for each of them.
 *
 * @param segment its name in Heap; `*` means every one
 */
export function onSegment<Needed extends string = never, Used extends string = never>(
  segment: string,
  {
    added,
    removed,
    drained,
    name,
    ...options
  }: Omit<WorkflowOptions<never, Needed, Used>, 'run'> &
    Partial<Record<SegmentChange, WorkflowOptions<SegmentInput, Needed, Used>['run']>>,
): Workflow[] {
  return Object.entries({ added, removed, drained }).flatMap(([change, run]) =>
    run
      ? [
          define(
            { kind: 'segment', segment, change: change as SegmentChange },
            { ...options, name: `${name}-${change}`, run },
          ),
        ]
      : [],
  )
}

/** When somebody posts a list of records to `/hooks/run/<name>/<HOOK_TOKEN>`. */
export function onRun<Needed extends string = never, Used extends string = never>(
  name: string,
  options: Omit<WorkflowOptions<RunInput, Needed, Used>, 'name'>,
): Workflow {
  return define({ kind: 'run' }, { ...options, name })
}

/** At these times. @param cron five fields, in UTC: `0 3 * * *` is each night at three */
export function every<Needed extends string = never, Used extends string = never>(
  cron: string,
  options: WorkflowOptions<ScheduleInput, Needed, Used>,
): Workflow {
  return define({ kind: 'schedule', cron }, options)
}

/** When a deletion has come to this. */
export function onDeletion<Needed extends string = never, Used extends string = never>(
  event: DeletionEvent,
  options: WorkflowOptions<DeletionInput, Needed, Used>,
): Workflow {
  return define({ kind: 'deletion', event }, options)
}

/** The workflows of this proxy; what `heap.config.ts` exports. */
export function defineConfig(workflows: readonly (Workflow | Workflow[])[]): Workflow[] {
  return workflows.flat()
}
