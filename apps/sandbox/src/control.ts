/**
 * The sandbox's own routes, under `/_sandbox`: look inside, make it fail, move its clock, make it send
 * webhooks, empty it.
 * @module
 */
import { isObject } from '@heap-edge/contract'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { heapOf, isFromOtherSite, jsonOf } from './answer.ts'
import type { Env } from './env.ts'
import { parseFault } from './faults.ts'
import { type ListName, LISTS } from './store/lists.ts'
import { webhooks } from './webhooks/routes.ts'

const MOST_LISTED = 100_000
const MOST_MS = 366 * 86_400_000

/** The routes. */
export const control = new Hono<{ Bindings: Env }>().basePath('/_sandbox')

// A page on another site must not be able to empty the sandbox of whoever looks at it.
control.use(async (c, next) => {
  const safe = c.req.method === 'GET' || c.req.method === 'HEAD'
  if (!safe && isFromOtherSite(c)) return c.json({ error: 'Not from other sites.' }, 403)
  await next()
  c.header('Cache-Control', 'no-store')
})

control.route('/webhooks', webhooks)

control.use(bodyLimit({ maxSize: 10_000, onError: (c) => c.json({ error: 'The body is too large.' }, 413) }))

for (const name of Object.keys(LISTS) as ListName[]) {
  control.get(`/${name}`, async (c) => {
    const limit = Number(c.req.query('limit') ?? 100)
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_LISTED) {
      return c.json({ error: `limit must be a whole number from 1 to ${MOST_LISTED}.` }, 400)
    }
    const listed = await heapOf(c).list(name, { limit, identity: c.req.query('identity') })
    return new Response(listed.body, listed)
  })
}

control.get('/stats', async (c) => c.json(await heapOf(c).stats()))
control.get('/rate', async (c) => c.json(await heapOf(c).rate()))
control.get('/snapshot', async (c) => c.json(await heapOf(c).snapshot()))

control.post('/faults', async (c) => {
  const fault = parseFault((await jsonOf(c))?.value)
  if (typeof fault === 'string') return c.json({ error: fault }, 400)
  const faults = await heapOf(c).addFault(fault)
  return faults ? c.json({ faults }) : c.json({ error: 'There are 100 faults already; DELETE clears them.' }, 400)
})

control.delete('/faults', async (c) => {
  await heapOf(c).clearFaults()
  return c.json({ faults: [] })
})

control.post('/clock', async (c) => {
  const body = (await jsonOf(c))?.value
  const ms = isObject(body) ? body.advanceMs : undefined
  if (typeof ms !== 'number' || !Number.isInteger(ms) || ms < 0 || ms > MOST_MS) {
    return c.json({ error: `advanceMs must be a whole number from 0 to ${MOST_MS}.` }, 400)
  }
  const now = await heapOf(c).advance(ms)
  return now === undefined ? c.json({ error: 'The clock is 100 years ahead.' }, 400) : c.json({ now })
})

control.post('/deletions/:id/complete', async (c) => {
  const done = await heapOf(c).completeDeletion(c.req.param('id'))
  return done ? c.json({ status: 'complete' }) : c.json({ error: 'There is no such deletion.' }, 404)
})

control.post('/reset', async (c) => {
  await heapOf(c).reset()
  return c.json({})
})

control.all('*', (c) => c.json({ error: 'There is no such route.' }, 404))
