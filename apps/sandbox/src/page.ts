/**
 * The page that shows what arrived: files that vite built, with strict headers.
 * @module
 */
import { Hono } from 'hono'
import type { Env } from './env.ts'

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Everything that no other route took. */
export const page = new Hono<{ Bindings: Env }>()

page.get('*', async (c) => {
  const asset = await c.env.ASSETS.fetch(c.req.raw)
  const response = new Response(asset.body, asset)
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value)
  return response
})
