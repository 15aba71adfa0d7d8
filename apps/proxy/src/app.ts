/**
 * All routes of the Worker.
 * @module
 */
import { Hono } from 'hono'
import { deletions } from './admin/deletions.ts'
import { heapRoutes } from './admin/heap-routes.ts'
import { outbox } from './admin/outbox.ts'
import { raw } from './admin/raw.ts'
import { workflows } from './admin/workflows.ts'
import { ConfigError, configOf } from './config.ts'
import { docs } from './docs/routes.ts'
import type { Env } from './env.ts'
import { ingest } from './ingest/routes.ts'
import { problem } from './problem.ts'
import { script } from './script.ts'
import { connect, connections } from './triggers/connect.ts'
import { hooks } from './triggers/hooks.ts'

export const app = new Hono<{ Bindings: Env }>()

app.route('/', ingest)
app.route('/', script)
app.route('/', docs)
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
    console.error(error.message)
    return problem(c, 'misconfigured', error.problems.join('; '))
  }
  console.error(error)
  return problem(c, 'internal', 'The request was not accepted; send it again.')
})
