/**
 * Heap's three routes for deletions, answered from the ledger: whoever deletes users at Heap already changes host and key only.
 * Answers are in Heap's shapes (heap-api section 5).
 * @module
 */
import { PATHS } from '@heap-edge/contract'
import { type Context, Hono } from 'hono'
import { configOf } from '../config.ts'
import { deletionLedger } from '../deletions/durable.ts'
import { fingerprintOf, readDeletion } from '../deletions/request.ts'
import type { DeletionState } from '../deletions/state.ts'
import type { Env } from '../env.ts'
import { type ProblemKind, PROBLEMS } from '../problem.ts'
import { accessToken, hasAccess } from './access.ts'
import { DELETION_BYTES, idempotencyKeyOf, jsonOf, limitBody } from './body.ts'

type HeapContext = Context<{ Bindings: Env }>

/** The routes. */
export const heapRoutes = new Hono<{ Bindings: Env }>()

heapRoutes.use('/api/public/v0/*', async (c, next) => {
  c.header('Cache-Control', 'no-store')
  await next()
})

heapRoutes.post(PATHS.authToken, async (c) => {
  const access_token = await accessToken(configOf(c.env), c.req.header('Authorization'))
  return access_token === undefined ? failure(c, 'unauthorized', 'Unauthorized') : c.json({ access_token })
})

heapRoutes.post(PATHS.userDeletion, limitBody(DELETION_BYTES), async (c) => {
  const config = configOf(c.env)
  if (!(await hasAccess(config, c.req.header('Authorization')))) return failure(c, 'unauthorized', 'Unauthorized')
  if (config.heapApiKey === undefined) return failure(c, 'misconfigured', 'HEAP_API_KEY is not set')
  const body = await jsonOf(c)
  const input = readDeletion(body, config.appId)
  if (!input.ok) {
    return failure(c, 'invalid-body', input.problems.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '))
  }
  const { users } = input
  if (users.length === 0) return failure(c, 'invalid-body', 'nobody opted out')
  const key = idempotencyKeyOf(c)
  if (key === null) return failure(c, 'invalid-body', 'Idempotency-Key must have 1 to 255 visible ASCII characters')
  const created = await deletionLedger(c.env).create(users, fingerprintOf(users), key)
  if (created.outcome === 'conflict')
    return failure(c, 'idempotency-key-reused', 'this Idempotency-Key came with other users before')
  const { id, state } = created.deletion
  const { origin } = new URL(c.req.url)
  const location = origin + PATHS.deletionStatus.replace(':deletion_request_id', id)
  return c.json({ deletion_request_id: id, deletion_request_location: location, status: statusOf(state) }, 201)
})

heapRoutes.get(PATHS.deletionStatus, async (c) => {
  if (!(await hasAccess(configOf(c.env), c.req.header('Authorization'))))
    return failure(c, 'unauthorized', 'Unauthorized')
  const deletion = await deletionLedger(c.env).get(c.req.param('deletion_request_id'))
  if (!deletion) return failure(c, 'not-found', 'Not found')
  return c.json({ deletion_request_id: deletion.id, status: statusOf(deletion.state) })
})

/** Heap knows two; how a deletion ends that Heap does not complete is said as it is. */
function statusOf(state: DeletionState): string {
  return state === 'accepted' || state === 'submitting' ? 'pending' : state
}

/** Heap's documents name the field of the reason in three ways, so that a client may look for any of them. */
function failure(c: HeapContext, kind: ProblemKind, message: string): Response {
  c.set('problem', kind)
  return c.json({ err: { message }, error: message, message }, PROBLEMS[kind][0])
}
