/**
 * The page that shows what arrived: files that vite built, with strict headers.
 * @module
 */
import { PAGE_HEADERS } from '@heap-edge/page/headers'
import { Hono } from 'hono'
import type { Env } from './env.ts'

/** Everything that no other route took. */
export const page = new Hono<{ Bindings: Env }>()

page.get('*', async (c) => {
  const asset = await c.env.ASSETS.fetch(c.req.raw)
  const response = new Response(asset.body, asset)
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.headers.set(name, value)
  return response
})
