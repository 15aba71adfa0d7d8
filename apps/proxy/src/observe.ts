/**
 * What is known of each request: an id that is also in the answer, a line in the log where it was refused or queued, and the
 * figures.
 * @module
 */
import { PATHS } from '@heap-edge/contract'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Env } from './env.ts'
import { logLine } from './log.ts'
import { meter, report } from './metrics/report.ts'
import type { ProblemKind } from './problem.ts'

export const REQUEST_ID = 'Heap-Edge-Request-Id'

declare module 'hono' {
  interface ContextVariableMap {
    requestId: string
    /** What a request to an ingest route is about, once that is known: an environment of ours, and how many records. */
    about: { app_id: string | undefined; records: number } | undefined
    /** Why it is refused. */
    problem: ProblemKind | undefined
  }
}

const INGEST: ReadonlySet<string> = new Set([
  PATHS.track,
  PATHS.addUserProperties,
  PATHS.addAccountProperties,
  PATHS.identify,
])

let isolate: string | undefined
let requests = 0

/** Random for each isolate, and counted on: a random one for each request would cost more. The sender's own are not trusted. */
function newRequestId(): string {
  isolate ??= crypto.randomUUID().slice(0, 18).replaceAll('-', '')
  return `${isolate}-${(++requests).toString(36)}`
}

export const observe: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  const began = Date.now()
  const id = newRequestId()
  c.set('requestId', id)
  // Into the headers of an answer that is still to be made, by the context: on one that is there it would cost twice as much.
  c.header(REQUEST_ID, id)
  await next()
  const { status } = c.res
  if (status >= 400) refused(c, status, began)
  else if (status === 202 && c.res.headers.get('Heap-Edge-Outcome') === 'queued') log(c, 'queued', began)
  report(c.env)
}

function refused(c: Context, status: number, began: number): void {
  log(c, 'rejected', began)
  const route = routeOf(c)
  const problem = c.get('problem') ?? String(status)
  meter.count('requests', 1, route, problem)
  if (!INGEST.has(route) || c.req.method !== 'POST') return
  const { app_id = '', records = 1 } = c.get('about') ?? {}
  meter.count('refused', records, app_id, route, problem)
}

function log(c: Context, outcome: 'queued' | 'rejected', began: number): void {
  const { status } = c.res
  logLine(status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info', `request ${outcome}`, {
    request_id: c.get('requestId'),
    method: c.req.method,
    route: routeOf(c),
    status,
    outcome,
    problem: c.get('problem'),
    ...c.get('about'),
    ms: Date.now() - began,
  })
}

/** The route as it is written in the code, since in the path itself there may be a token; `/*` where there is none. */
function routeOf(c: Context): string {
  const routes = matchedRoutes(c).map(({ path }) => path.replace(/\?$/, ''))
  return routes.findLast((path) => !path.endsWith('/*')) ?? routes.at(-1) ?? '/*'
}
