/**
 * Runs of workflows as an operator sees them: what triggered them, how far they are, what went wrong, and what to do about it.
 * @module
 */
import { Hono } from 'hono'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { problem } from '../problem.ts'
import { workflowLedger } from '../workflows/durable.ts'
import type { RunDetail } from '../workflows/runs.ts'
import type { RunState } from '../workflows/sql.ts'
import { adminOnly } from './token.ts'

const MOST_LISTED = 100
const STATES: readonly string[] = ['received', 'running', 'complete', 'errored'] satisfies RunState[]
/** Characters of an input that are shown in a list, and of one that is asked for by itself. */
const SHOWN_IN_LIST = 2000
const SHOWN_ALONE = 1_000_000

/** The routes, below `/admin/workflows`. */
export const workflows = new Hono<{ Bindings: Env }>().basePath('/admin/workflows')

workflows.use(adminOnly)

workflows.get('/', async (c) => {
  const { state, workflow, before = String(Number.MAX_SAFE_INTEGER), limit = '50' } = c.req.query()
  if (state !== undefined && !STATES.includes(state)) {
    return problem(c, 'invalid-body', `state must be one of ${STATES.join(', ')}.`)
  }
  const isCount = (value: string, most: number) =>
    /^\d{1,16}$/.test(value) && Number(value) >= 1 && Number(value) <= most
  if (!isCount(limit, MOST_LISTED))
    return problem(c, 'invalid-body', `limit must be a whole number from 1 to ${MOST_LISTED}.`)
  if (!isCount(before, Number.MAX_SAFE_INTEGER)) return problem(c, 'invalid-body', 'before must be the next of a list.')
  const ledger = workflowLedger(c.env)
  const filter = { state: state as RunState | undefined, workflow }
  const runs = await ledger.list(filter, Number(before), Number(limit) + 1)
  const listed = runs.slice(0, Number(limit))
  const inputs = await ledger.inputs(
    listed.map(({ id }) => id),
    SHOWN_IN_LIST,
  )
  return c.json({
    workflows: Array.from(configOf(c.env).workflows.values(), ({ workflow: { name, trigger } }) => ({ name, trigger })),
    runs: listed.map((run) => shown(run, inputs[run.id])),
    next: runs.length > listed.length ? (listed.at(-1)?.seq ?? null) : null,
  })
})

workflows.get('/:id', async (c) => {
  const id = c.req.param('id')
  const ledger = workflowLedger(c.env)
  const run = await ledger.get(id)
  if (!run) return problem(c, 'not-found', 'No run has this id.')
  return c.json(shown(run, (await ledger.inputs([id], SHOWN_ALONE))[id]))
})

workflows.post('/:id/retry', async (c) => {
  const run = await workflowLedger(c.env).retry(c.req.param('id'))
  if (!run) return problem(c, 'not-found', 'No run has this id.')
  if (run === 'complete') return problem(c, 'nothing-to-retry', 'Trigger it anew to have it done a second time.')
  return c.json(shown(run), 202)
})

const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

/** @param input JSON; nothing where it is too long to be shown */
function shown(
  { id, workflow, trigger, state, created_at, ended_at, problem, bytes, steps }: RunDetail,
  input?: string,
) {
  return {
    id,
    workflow,
    trigger,
    state,
    created_at: time(created_at),
    ended_at: time(ended_at),
    problem,
    input_bytes: bytes,
    input: input === undefined ? null : (JSON.parse(input) as unknown),
    steps: steps.map(({ name, state, attempts, started_at, ended_at, problem }) => ({
      name,
      state,
      attempts,
      started_at: time(started_at),
      ended_at: time(ended_at),
      problem,
    })),
  }
}
