/**
 * What Cloudflare calls: `fetch` and the exported Durable Object classes. Wiring only.
 * @module
 */
import { Hono } from 'hono'
import { outbox } from './admin/outbox.ts'
import { ConfigError, configOf } from './config.ts'
import { docs } from './docs/routes.ts'
import type { Env } from './env.ts'
import { ingest } from './ingest/routes.ts'
import { problem } from './problem.ts'
import { script } from './script.ts'

export { AppBudget, IdentityLimiter } from './limits/durable.ts'
export { OutboxShard } from './outbox/durable.ts'

const app = new Hono<{ Bindings: Env }>()

app.route('/', ingest)
app.route('/', script)
app.route('/', docs)
app.route('/', outbox)

app.get('/healthz', (c) => {
  configOf(c.env)
  return c.json({ status: 'ok' })
})

app.get('/', (c) => c.redirect('/docs'))

app.notFound((c) => problem(c, 'not-found', 'See /docs for the routes.'))

app.onError((error, c) => {
  if (error instanceof ConfigError) {
    console.error(error.message)
    return problem(c, 'misconfigured', error.problems.join('; '))
  }
  console.error(error)
  return problem(c, 'internal', 'The request was not accepted; send it again.')
})

export default app
