/**
 * The outbox as an operator sees it: how much waits, what was set aside and why, and what to do with it.
 * @module
 */
import { isObject } from '@heap-edge/contract'
import { type Context, Hono } from 'hono'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import type { Place } from '../outbox/durable.ts'
import { parseSetAsideId, placesOf, outboxShard, setAsideId } from '../outbox/shards.ts'
import type { SetAsideRow } from '../outbox/sql.ts'
import { problem } from '../problem.ts'
import { limitBody } from './body.ts'
import { adminOnly } from './token.ts'

type AdminContext = Context<{ Bindings: Env }>

/** Records that were set aside, in one answer, or put back in one call. */
const MOST_LISTED = 1000
const BODY_BYTES = 100_000

/** The routes, below `/admin/outbox`. */
export const outbox = new Hono<{ Bindings: Env }>().basePath('/admin/outbox')

outbox.use(adminOnly)
outbox.use(limitBody(BODY_BYTES))

outbox.get('/', async (c) => {
  const limit = Number(c.req.query('limit') ?? 100)
  if (!Number.isInteger(limit) || limit < 0 || limit > MOST_LISTED) {
    return problem(c, 'invalid-body', `limit must be a whole number from 0 to ${MOST_LISTED}.`)
  }
  const after = c.req.query('after')
  const from = after === undefined ? undefined : parseSetAsideId(after, configOf(c.env))
  if (after !== undefined && !from)
    return problem(c, 'invalid-body', 'after must be the id of a record that was set aside.')

  const shards = await Promise.all(
    placesOf(configOf(c.env)).map(async (place) => ({ ...place, ...(await shardOf(c, place).status(place)) })),
  )
  const sum = (field: 'depth' | 'bytes' | 'setAside') => shards.reduce((total, shard) => total + shard[field], 0)
  const ages = shards.map(({ oldestAgeMs }) => oldestAgeMs).filter((age) => age !== null)
  const records = await listSetAside(c, from, limit + 1)
  return c.json({
    depth: sum('depth'),
    bytes: sum('bytes'),
    oldest_age_s: ages.length > 0 ? Math.round(Math.max(...ages) / 1000) : null,
    set_aside: sum('setAside'),
    shards: shards.map(({ app_id, shard, depth, bytes, oldestAgeMs, setAside, failures, problem, notBefore }) => ({
      app_id,
      shard,
      depth,
      bytes,
      oldest_age_s: oldestAgeMs === null ? null : Math.round(oldestAgeMs / 1000),
      set_aside: setAside,
      failures,
      problem,
      next_attempt: notBefore === null ? null : new Date(notBefore).toISOString(),
    })),
    records: records.slice(0, limit),
    next: records.length > limit ? (records[limit - 1]?.id ?? null) : null,
  })
})

outbox.post('/retry', async (c) => {
  const text = await c.req.text()
  let ids: unknown
  try {
    const body: unknown = text === '' ? {} : JSON.parse(text)
    // A name that is mistyped must not mean all of them.
    ids = isObject(body) && Object.keys(body).every((name) => name === 'ids') ? body.ids : null
  } catch {
    ids = null
  }
  const listed = ids === undefined || (Array.isArray(ids) && ids.length > 0 && ids.length <= MOST_LISTED)
  const places = Array.isArray(ids) ? ids.map((id) => parseSetAsideId(id, configOf(c.env))) : []
  if (!listed || places.includes(undefined)) {
    return problem(c, 'invalid-body', 'Send nothing, or { "ids": [...] } with ids of records that were set aside.', [
      { pointer: '/ids', detail: `must be a list of 1 to ${MOST_LISTED} ids` },
    ])
  }
  const wanted = (place: Place) =>
    Array.isArray(ids)
      ? places.flatMap((id) => (id?.shard === place.shard && id.app_id === place.app_id ? [id.number] : []))
      : undefined
  const results = await Promise.all(
    placesOf(configOf(c.env)).map(async (place) => {
      const numbers = wanted(place)
      if (numbers?.length === 0) return { retried: 0, left: false }
      return shardOf(c, place).retry(place, MOST_LISTED, numbers)
    }),
  )
  return c.json({
    retried: results.reduce((sum, { retried }) => sum + retried, 0),
    more: results.some(({ left }) => left),
  })
})

outbox.delete('/:id', async (c) => {
  const id = parseSetAsideId(c.req.param('id'), configOf(c.env))
  const gone = id && (await shardOf(c, id).discard(id, id.number))
  return gone ? c.body(null, 204) : problem(c, 'not-found', 'No record of this id is set aside.')
})

function shardOf(c: AdminContext, { app_id, shard }: Place) {
  return outboxShard(c.env, app_id, shard)
}

async function listSetAside(c: AdminContext, from: (Place & { number: number }) | undefined, most: number) {
  const places = placesOf(configOf(c.env))
  const first = from ? places.findIndex(({ app_id, shard }) => app_id === from.app_id && shard === from.shard) : 0
  const records: ReturnType<typeof shown>[] = []
  for (const [index, place] of places.slice(first).entries()) {
    if (records.length >= most) break
    const rows = await shardOf(c, place).listSetAside(
      place,
      index === 0 && from ? from.number : 0,
      most - records.length,
    )
    for (const row of rows) records.push(shown(place, row))
  }
  return records
}

function shown(place: Place, { id, path, body, at, set_aside_at, why, status, reason }: SetAsideRow) {
  return {
    id: setAsideId(place, id),
    app_id: place.app_id,
    path,
    record: JSON.parse(body) as unknown,
    stored_at: new Date(at).toISOString(),
    set_aside_at: new Date(set_aside_at).toISOString(),
    why,
    status,
    reason,
  }
}
