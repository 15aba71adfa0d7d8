/**
 * Who may write from a page: exact origins. What sends no `Origin` is no browser, and is let in.
 * @module
 */
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { problem } from '../problem.ts'

/** Answers preflights, refuses other origins with 403, and lets pages read the outcome and the limits. */
export const allowedOrigins: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  const origin = c.req.header('Origin')
  const { allowedOrigins } = configOf(c.env)
  if (
    origin !== undefined &&
    !allowedOrigins.has(origin) &&
    !allowedOrigins.has('*') &&
    origin !== new URL(c.req.url).origin
  ) {
    c.header('Vary', 'Origin')
    return problem(c, 'origin-not-allowed', 'The page that sent this is not of an origin in ALLOWED_ORIGINS.')
  }
  return corsHeaders(c, next)
}

const corsHeaders = cors({
  // Only origins that are allowed come this far.
  origin: (origin) => origin || null,
  allowMethods: ['POST'],
  allowHeaders: ['Content-Type'],
  exposeHeaders: ['Heap-Edge-Outcome', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
  maxAge: 7200,
})
