/**
 * What the proxy is measured against.
 * @module
 */
import { DurableObject } from 'cloudflare:workers'
import { Hono } from 'hono'
import { createDurable, proxyDurable } from 'itty-durable'

interface Env {
  HEAP_BASE_URL: string
  NATIVE: DurableObjectNamespace<NativeCounter>
  ITTY: DurableObjectNamespace
}

/** Counts in memory, called by native RPC. */
export class NativeCounter extends DurableObject {
  #count = 0

  take(events: number): { count: number } {
    return { count: (this.#count += events) }
  }
}

/** Counts in memory, called by itty-durable. */
export class IttyCounter extends createDurable({ autoPersist: false }) {
  count = 0

  constructor(state: DurableObjectState) {
    super(state, {})
  }

  take(events: number): { count: number } {
    return { count: (this.count += events) }
  }
}

const app = new Hono<{ Bindings: Env }>()

app.post('/forward/api/track', (c) =>
  fetch(`${c.env.HEAP_BASE_URL}/api/track`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: c.req.raw.body,
  }),
)

app.post('/native', async (c) => c.json(await c.env.NATIVE.getByName('one').take(1)))

app.post('/itty', async (c) => c.json(await proxyDurable(c.env.ITTY, { parse: true }).get('one').take(1)))

export default app
