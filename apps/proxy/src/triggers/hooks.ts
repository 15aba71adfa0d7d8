/**
 * What Heap and other services post: stored first, answered at once; workflows run afterwards.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { idempotencyKeyOf, jsonOf, limitBody } from '../admin/body.ts'
import { same } from '../admin/token.ts'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { contentKey } from '../json.ts'
import { problem } from '../problem.ts'
import { workflowLedger } from '../workflows/durable.ts'
import type { Triggered } from '../workflows/world.ts'
import { isSignedByHeap } from './heap-hash.ts'
import { readSegment } from './segment.ts'
import { byContent, eventRuns } from './select.ts'
import { problemsOfEvent, problemsOfRecords } from './shapes.ts'

/** Bytes of an event, and of everything else. */
const EVENT_BYTES = 1_000_000
const MOST_BYTES = 10_000_000

type HookContext = Context<{ Bindings: Env }>

/** Lets in who may, before anything of the body is looked at. */
const only =
  (isAllowed: (c: HookContext) => boolean): MiddlewareHandler<{ Bindings: Env }> =>
  async (c, next) =>
    isAllowed(c) ? next() : unauthorized(c)

const withToken = only((c) => {
  const { hookToken } = configOf(c.env)
  return hookToken !== undefined && same(c.req.param('token') ?? '', hookToken)
})

/** Heap can send headers of one's own beside the address. */
const withHeader = only((c) => {
  const { hookHeader } = configOf(c.env)
  return !hookHeader || same(c.req.header(hookHeader.name) ?? '', hookHeader.value)
})

const withHash = only((c) => configOf(c.env).webhookSecret !== undefined && c.req.header('Heap-Hash') !== undefined)

/** The routes, below `/hooks`. */
export const hooks = new Hono<{ Bindings: Env }>().basePath('/hooks')

hooks.post('/event/:token?', withToken, withHeader, limitBody(EVENT_BYTES), async (c) => {
  const body = await jsonOf(c)
  const problems = problemsOfEvent(body)
  if (problems.length > 0) return refused(c, 'An event is an object with values, or with objects of values.', problems)
  return start(c, eventRuns(configOf(c.env).workflows, body as Record<string, unknown>))
})

hooks.post('/run/:workflow/:token?', withToken, limitBody(MOST_BYTES), async (c) => {
  const name = c.req.param('workflow')
  const active = configOf(c.env).workflows.get(name)
  if (active?.workflow.trigger.kind !== 'run') {
    return problem(c, 'not-found', 'No workflow of this name takes records; it may lack its settings.')
  }
  const key = idempotencyKeyOf(c)
  if (key === null) {
    return problem(c, 'invalid-body', 'Idempotency-Key must have 1 to 255 visible ASCII characters.')
  }
  const body = await jsonOf(c)
  const problems = problemsOfRecords(body)
  if (problems.length > 0) return refused(c, 'Send a list of objects.', problems)
  if (key === undefined) return start(c, [byContent(name, 'run', body)])
  return start(c, [{ workflow: name, trigger: 'run', key: contentKey([key]), input: JSON.stringify(body) }])
})

hooks.post('/segment', withHash, limitBody(MOST_BYTES), async (c) => {
  const { webhookSecret } = configOf(c.env)
  const header = c.req.header('Heap-Hash')
  const bytes = new Uint8Array(await c.req.arrayBuffer())
  if (webhookSecret === undefined || !(await isSignedByHeap(header, bytes, webhookSecret, Date.now()))) {
    return unauthorized(c)
  }
  const read = readSegment(bytes)
  if (!read.ok) return refused(c, 'This is no segment sync.', read.problems)
  const ledger = workflowLedger(c.env)
  const signature = contentKey(header)
  const added =
    read.kind === 'drain' ? await ledger.drain(read.segment, signature) : await ledger.addPage(read.page, signature)
  switch (added) {
    case 'replayed':
      return unauthorized(c)
    case 'too-large':
      return problem(
        c,
        'body-too-large',
        'The pages of this sync are together too many: their ids may have 5,000,000 characters.',
      )
    case 'another-total':
      return refused(c, 'This is not a page of the sync that has begun.', [
        { pointer: '/data/sync_info/total_pages', detail: 'is not that of the other pages' },
      ])
    default:
      return c.json({})
  }
})

hooks.all('*', async (c, next) => {
  if (c.req.method === 'POST') return next()
  c.header('Allow', 'POST')
  return problem(c, 'method-not-allowed', 'Send a POST.')
})

/** 202 where something starts, 200 where it came before or nobody waits for it. */
async function start(c: HookContext, triggered: Triggered[]): Promise<Response> {
  // Numbers such as 1e20 are longer when they are written again.
  if (triggered.some(({ input }) => Buffer.byteLength(input) > 2 * MOST_BYTES)) {
    return problem(c, 'body-too-large', `Written as JSON it may have ${2 * MOST_BYTES} bytes.`)
  }
  const started = triggered.length > 0 ? await workflowLedger(c.env).receive(triggered) : []
  if (started.some(({ isOther }) => isOther)) {
    return problem(c, 'idempotency-key-reused', 'Use another one for other records; nothing was started.')
  }
  const runs = started.map(({ workflow, id, isKnown }) => ({ workflow, id, known: isKnown }))
  return c.json({ runs }, runs.some(({ known }) => !known) ? 202 : 200)
}

/** The same for whatever is wrong or missing. */
function unauthorized(c: HookContext): Response {
  return problem(c, 'hook-unauthorized', 'The token or the signature does not hold.')
}

function refused(c: HookContext, detail: string, problems: Problem[]): Response {
  return problem(c, 'invalid-body', detail, problems)
}
