/**
 * `GET /heap-edge.js`: the browser client, for a script tag.
 * @module
 */
import { Hono } from 'hono'
import { version } from '../../../packages/client/package.json'
import type { Env } from './env.ts'

/** With `?v=` the address names one version for ever, where it is the one that is here; else a page gets a new one within an hour. */
const CACHE = { versioned: 'public, max-age=31536000, immutable', latest: 'public, max-age=3600' } as const

export const script = new Hono<{ Bindings: Env }>()

script.get('/heap-edge.js', async (c) => {
  const asset = await c.env.ASSETS.fetch(c.req.raw)
  const response = c.newResponse(asset.body, asset)
  response.headers.set(
    'Cache-Control',
    asset.status < 400 && c.req.query('v') === version ? CACHE.versioned : CACHE.latest,
  )
  // Script tags on other origins may ask for integrity, which needs CORS.
  response.headers.set('Access-Control-Allow-Origin', '*')
  response.headers.set('Cross-Origin-Resource-Policy', 'cross-origin')
  response.headers.set('X-Content-Type-Options', 'nosniff')
  return response
})
