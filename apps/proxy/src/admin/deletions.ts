/**
 * Deletions as an operator sees them: asked for, listed, looked at.
 * @module
 */
import { type Context, Hono } from 'hono'
import { configOf } from '../config.ts'
import { deletionLedger } from '../deletions/durable.ts'
import type { DeletionDetail } from '../deletions/world.ts'
import { fingerprintOf, readDeletion } from '../deletions/request.ts'
import type { DeletionRow } from '../deletions/sql.ts'
import { type DeletionState, isOver, STATES } from '../deletions/state.ts'
import type { Env } from '../env.ts'
import { problem } from '../problem.ts'
import { DELETION_BYTES, idempotencyKeyOf, jsonOf, limitBody } from './body.ts'
import { adminOnly } from './token.ts'

type AdminContext = Context<{ Bindings: Env }>

const MOST_LISTED = 100
/** Heap is asked ten minutes apart; whoever asks here more often learns nothing new. */
const POLL_S = 600

/** The routes, below `/admin/deletions`. */
export const deletions = new Hono<{ Bindings: Env }>().basePath('/admin/deletions')

deletions.use(adminOnly)

deletions.post('/', limitBody(DELETION_BYTES), async (c) => {
  const config = configOf(c.env)
  if (config.heapApiKey === undefined)
    return problem(c, 'misconfigured', 'Set HEAP_API_KEY, without which Heap deletes nobody.')
  const key = idempotencyKeyOf(c)
  if (key === null) {
    return problem(c, 'invalid-body', 'Idempotency-Key must have 1 to 255 visible ASCII characters.')
  }
  const input = readDeletion(await jsonOf(c), config.appId)
  if (!input.ok) return problem(c, 'invalid-body', 'Nothing was submitted.', input.problems)
  const { users, skipped } = input
  if (users.length === 0) return c.json({ users: 0, skipped })
  const created = await deletionLedger(c.env).create(users, fingerprintOf(users), key)
  if (created.outcome === 'conflict') {
    return problem(c, 'idempotency-key-reused', 'Use another one for other users; nothing was submitted.')
  }
  const { deletion } = created
  c.header('Location', `/admin/deletions/${deletion.id}`)
  c.header('Retry-After', String(POLL_S))
  return c.json({ ...summaryOf(deletion), skipped }, 202)
})

deletions.get('/', async (c) => {
  const { state, after, limit = '50' } = c.req.query()
  if (state !== undefined && !(STATES as readonly string[]).includes(state)) {
    return problem(c, 'invalid-body', `state must be one of ${STATES.join(', ')}.`)
  }
  const most = Number(limit)
  if (!Number.isInteger(most) || most < 1 || most > MOST_LISTED) {
    return problem(c, 'invalid-body', `limit must be a whole number from 1 to ${MOST_LISTED}.`)
  }
  const rows = await deletionLedger(c.env).list(state as DeletionState | undefined, after, most + 1)
  if (!rows) return problem(c, 'invalid-body', 'after must be the id of a deletion.')
  return c.json({
    deletions: rows.slice(0, most).map(summaryOf),
    next: rows.length > most ? (rows[most - 1]?.id ?? null) : null,
  })
})

deletions.get('/:id', async (c) => {
  const id = c.req.param('id')
  const ledger = deletionLedger(c.env)
  const deletion = await ledger.get(id)
  if (!deletion) return unknown(c)
  const hashes = c.req.query('hashes') === 'true' ? await ledger.hashes(id) : undefined
  return answer(c, deletion, hashes)
})

deletions.post('/:id/poll', async (c) => {
  const deletion = await deletionLedger(c.env).poll(c.req.param('id'))
  return deletion ? answer(c, deletion) : unknown(c)
})

function unknown(c: AdminContext): Response {
  return problem(c, 'not-found', 'There is no deletion of this id.')
}

function answer(c: AdminContext, deletion: DeletionDetail, hashes?: object): Response {
  if (!isOver(deletion.state)) c.header('Retry-After', String(POLL_S))
  const { requests, audit, notices } = deletion
  return c.json({
    ...summaryOf(deletion),
    requests: requests.map(({ heap_id, status, submitted_at, polled_at }) => ({
      deletion_request_id: heap_id,
      status,
      submitted_at: iso(submitted_at),
      polled_at: iso(polled_at),
    })),
    audit: audit.map(({ at, what, users, note }) => ({ at: iso(at), what, users, note })),
    notifications: notices.map(({ id, channel, event, attempts, next_at, delivered_at, problem }) => ({
      id,
      channel,
      event,
      attempts,
      delivered_at: iso(delivered_at),
      next_attempt: iso(next_at),
      problem,
    })),
    ...hashes,
  })
}

function summaryOf({ id, state, users, overdue, accepted_at, submitted_at, ended_at, next_at, problem }: DeletionRow) {
  return {
    id,
    state,
    users,
    overdue: overdue === 1,
    accepted_at: iso(accepted_at),
    submitted_at: iso(submitted_at),
    ended_at: iso(ended_at),
    next_poll: state === 'pending' ? iso(next_at) : null,
    problem,
  }
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
