/**
 * What Cloudflare calls: `fetch`, `scheduled` and the exported Durable Object classes. Wiring only.
 * @module
 */
import { Hono } from 'hono'
import { deletions } from './admin/deletions.ts'
import { heapRoutes } from './admin/heap-routes.ts'
import { outbox } from './admin/outbox.ts'
import { raw } from './admin/raw.ts'
import { ConfigError, configOf } from './config.ts'
import { deletionLedger } from './deletions/durable.ts'
import { docs } from './docs/routes.ts'
import type { Env } from './env.ts'
import { ingest } from './ingest/routes.ts'
import { problem } from './problem.ts'
import { script } from './script.ts'

export { DeletionLedger } from './deletions/durable.ts'
export { AppBudget, IdentityLimiter } from './limits/durable.ts'
export { OutboxShard } from './outbox/durable.ts'

const app = new Hono<{ Bindings: Env }>()

app.route('/', ingest)
app.route('/', script)
app.route('/', docs)
app.route('/', outbox)
app.route('/', deletions)
app.route('/', heapRoutes)
app.route('/', raw)

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

export default {
  fetch: app.fetch,
  scheduled: (_, env) => deletionLedger(env).round(),
} satisfies ExportedHandler<Env>
