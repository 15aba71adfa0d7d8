/**
 * Runs of workflows as an operator sees them: what triggered them, how far they are, what went wrong, and what to do about it.
 * @module
 */
import { isObject } from '@heap-edge/contract'
import { type Context, Hono } from 'hono'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { logError } from '../log.ts'
import { problem } from '../problem.ts'
import type { ScheduleInput } from '../workflows/define.ts'
import { workflowLedger } from '../workflows/durable.ts'
import type { RunDetail } from '../workflows/world.ts'
import { type RunState, STATES } from '../workflows/sql.ts'
import { jsonOf, limitBody } from './body.ts'
import { adminOnly } from './token.ts'

const MOST_LISTED = 100
/** Characters of an input that are shown in a list, and of one that is asked for by itself. */
const SHOWN_IN_LIST = 2000
const SHOWN_ALONE = 1_000_000
/** Bytes of a body, which is a name. */
const BODY_BYTES = 10_000

/** The routes, below `/admin/workflows`. */
export const workflows = new Hono<{ Bindings: Env }>().basePath('/admin/workflows')

workflows.use(adminOnly)

workflows.get('/', async (c) => {
  const { state, workflow, before = String(Number.MAX_SAFE_INTEGER), limit = '50' } = c.req.query()
  if (state !== undefined && !(STATES as readonly string[]).includes(state)) {
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

workflows.post('/', limitBody(BODY_BYTES), async (c) => {
  const body = await jsonOf(c)
  const workflow = isObject(body) ? body.workflow : undefined
  if (typeof workflow !== 'string') return noSchedule(c)
  const active = configOf(c.env).workflows.get(workflow)
  if (!active) return problem(c, 'not-found', 'No workflow of this name is there; it may lack its settings.')
  if (active.workflow.trigger.kind !== 'schedule') return noSchedule(c)
  const input: ScheduleInput = { scheduledTime: new Date().toISOString() }
  const triggered = { workflow, trigger: 'schedule', key: input.scheduledTime, input: JSON.stringify(input) }
  const started = await workflowLedger(c.env).receive([triggered])
  return c.json({ runs: started.map(({ workflow, id, isKnown }) => ({ workflow, id, known: isKnown })) }, 202)
})

workflows.get('/:id', async (c) => {
  const id = c.req.param('id')
  const ledger = workflowLedger(c.env)
  const run = await ledger.get(id)
  if (!run) return problem(c, 'not-found', 'No run has this id.')
  return c.json(shown(run, (await ledger.inputs([id], SHOWN_ALONE))[id]))
})

workflows.post('/:id/retry', async (c) => {
  const id = c.req.param('id')
  const ledger = workflowLedger(c.env)
  let run
  try {
    run = await ledger.retry(id, c.req.query('anew') === 'true')
  } catch (error) {
    logError('workflows', error, { request_id: c.get('requestId') })
    c.header('Retry-After', '10')
    return problem(c, 'unavailable', 'Cloudflare Workflows did not take it. The run stays as it was.')
  }
  if (!run) return problem(c, 'not-found', 'No run has this id.')
  if (run === 'complete') return problem(c, 'nothing-to-retry', 'Trigger it anew to have it done a second time.')
  if (run === 'forgotten') {
    const detail =
      'Cloudflare keeps a run that failed for 3 days on Workers Free, for 30 on Workers Paid, and does not know its steps any more. ' +
      'With ?anew=true it begins anew with the same input, and what was done is done again.'
    return problem(c, 'run-forgotten', detail)
  }
  return c.json(shown(run, (await ledger.inputs([id], SHOWN_ALONE))[id]), 202)
})

function noSchedule(c: Context): Response {
  const detail = 'must be the name of a workflow with a schedule'
  return problem(c, 'invalid-body', 'Nothing was started.', [{ pointer: '/workflow', detail }])
}

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
