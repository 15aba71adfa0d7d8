/**
 * `GET /openapi.json` and `GET /docs`.
 * @module
 */
import { Hono } from 'hono'
import type { Env } from '../env.ts'
import { openapi } from './openapi.ts'
import { page } from './page.ts'

export const docs = new Hono<{ Bindings: Env }>()

let document: ReturnType<typeof openapi> | undefined

docs.get('/openapi.json', (c) => {
  c.header('Access-Control-Allow-Origin', '*')
  return c.json((document ??= openapi()))
})

docs.get('/docs', (c) => {
  c.header(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  )
  return c.html(page((document ??= openapi()), new URL(c.req.url).origin))
})
