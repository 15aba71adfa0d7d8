/**
 * The operations page at `/admin`: files that vite built, with strict headers. It holds nothing; what it shows it asks for with
 * the admin token.
 * @module
 */
import { PAGE_HEADERS } from '@heap-edge/page/headers'
import { type Context, Hono } from 'hono'
import type { Env } from '../env.ts'

/** Names of these files change with what is in them. */
const ASSETS = '/admin/assets/'

/** The routes. */
export const adminPage = new Hono<{ Bindings: Env }>()

adminPage.get('/admin', (c) => serve(c, '/admin/'))
adminPage.get('/admin/', (c) => serve(c, '/admin/'))
adminPage.get(`${ASSETS}:file`, (c) => serve(c, c.req.path))

async function serve(c: Context<{ Bindings: Env }>, path: string): Promise<Response> {
  const asset = await c.env.ASSETS.fetch(new Request(new URL(path, c.req.url), c.req.raw))
  const response = c.newResponse(asset.body, asset)
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.headers.set(name, value)
  const lasts = asset.status < 400 && path.startsWith(ASSETS)
  response.headers.set('Cache-Control', lasts ? 'public, max-age=31536000, immutable' : 'no-cache')
  return response
}
