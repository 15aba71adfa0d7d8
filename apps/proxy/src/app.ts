/**
 * All routes of the Worker.
 * @module
 */
import { Hono } from 'hono'
import { deletions } from './admin/deletions.ts'
import { heapRoutes } from './admin/heap-routes.ts'
import { metricsRoutes } from './admin/metrics.ts'
import { outbox } from './admin/outbox.ts'
import { adminPage } from './admin/page.ts'
import { raw } from './admin/raw.ts'
import { workflows } from './admin/workflows.ts'
import { ConfigError, configOf } from './config.ts'
import { docs } from './docs/routes.ts'
import type { Env } from './env.ts'
import { ingest } from './ingest/routes.ts'
import { logError, logLine } from './log.ts'
import { observe } from './observe.ts'
import { problem } from './problem.ts'
import { script } from './script.ts'
import { connect, connections } from './triggers/connect.ts'
import { hooks } from './triggers/hooks.ts'

export const app = new Hono<{ Bindings: Env }>()

app.use(observe)

app.route('/', ingest)
app.route('/', script)
app.route('/', docs)
app.route('/', adminPage)
app.route('/', metricsRoutes)
app.route('/', outbox)
app.route('/', deletions)
app.route('/', heapRoutes)
app.route('/', raw)
app.route('/', workflows)
app.route('/', connections)
app.route('/', connect)
app.route('/', hooks)

app.get('/healthz', (c) => {
  configOf(c.env)
  return c.json({ status: 'ok' })
})

app.get('/', (c) => c.redirect('/docs'))

app.notFound((c) => problem(c, 'not-found', 'See /docs for the routes.'))

app.onError((error, c) => {
  if (error instanceof ConfigError) {
    logLine('error', 'wrong settings', { problems: error.problems })
    return problem(c, 'misconfigured', error.problems.join('; '))
  }
  logError('request', error, { request_id: c.get('requestId') })
  return problem(c, 'internal', 'The request was not accepted; send it again.')
})
