/**
 * Makes the sandbox send Heap's webhooks: `POST /_sandbox/webhooks/event` and `/segment`. The answer is 200 with a report,
 * whatever the receiver said.
 * @module
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { heapOf, jsonOf } from '../answer.ts'
import type { Env } from '../env.ts'
import { readEvent, sendEvent } from './event.ts'
import { readSegment } from './segment.ts'
import { sendSegment } from './sync.ts'

/** Twice the largest push that is known to matter. */
const BODY_BYTES = 10_000_000

/** The routes. */
export const webhooks = new Hono<{ Bindings: Env }>()

webhooks.use(bodyLimit({ maxSize: BODY_BYTES, onError: (c) => c.json({ error: 'The body is too large.' }, 413) }))

webhooks.post('/event', async (c) => {
  const webhook = readEvent((await jsonOf(c))?.value, c.env)
  return typeof webhook === 'string' ? c.json({ error: webhook }, 400) : c.json(await sendEvent(webhook))
})

webhooks.post('/segment', async (c) => {
  const webhook = readSegment((await jsonOf(c))?.value, c.env)
  if (typeof webhook === 'string') return c.json({ error: webhook }, 400)
  // Whoever is connected knows the customer by this; an integration of one's own does without.
  const id_token = webhook.id_token ?? (await heapOf(c).idTokenFor(c.env.PARTNER_CLIENT_ID))
  return c.json(await sendSegment({ ...webhook, ...(id_token !== undefined && { id_token }) }))
})
