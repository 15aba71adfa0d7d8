/**
 * The figures: for Prometheus as text, for the operations page as a stream of server-sent events.
 * @module
 */
import { Hono } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { Env } from '../env.ts'
import { logError } from '../log.ts'
import { CONTENT_TYPE } from '../metrics/exposition.ts'
import { metrics } from '../metrics/report.ts'
import { type View, VIEWS } from '../metrics/types.ts'
import { problem } from '../problem.ts'
import { adminOnly } from './token.ts'

const EVERY_MS = 2000

/** Then the page asks anew: a Worker may do only so much in one invocation. */
const LIFE_MS = 300_000

/** The routes `/admin/metrics` and `/admin/live`. */
export const metricsRoutes = new Hono<{ Bindings: Env }>()

metricsRoutes.get('/admin/metrics', adminOnly, async (c) => {
  const text = await metrics(c.env).exposition()
  return c.body(text, 200, { 'Content-Type': CONTENT_TYPE })
})

metricsRoutes.get('/admin/live', adminOnly, (c) => {
  const range = c.req.query('range') ?? 'hour'
  if (!Object.hasOwn(VIEWS, range)) {
    return problem(c, 'invalid-body', `range must be one of ${Object.keys(VIEWS).join(', ')}.`)
  }
  const until = Date.now() + LIFE_MS
  const send = async (stream: SSEStreamingApi) => {
    let shown = ''
    while (!stream.aborted && Date.now() < until) {
      const { series, state } = await metrics(c.env).live(range as View)
      if (series !== shown) await stream.writeSSE({ event: 'series', data: series })
      shown = series
      await stream.writeSSE({ event: 'state', data: state })
      await stream.sleep(EVERY_MS)
    }
  }
  const response = streamSSE(c, send, async (error) => logError('live', error, { request_id: c.get('requestId') }))
  response.headers.set('Cache-Control', 'no-store')
  return response
})
