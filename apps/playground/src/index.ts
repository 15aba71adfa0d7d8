/**
 * Serves the playground, and lets its page look into the sandbox and make it fail, which like Heap has no CORS.
 * @module
 */
import { Hono } from 'hono'

interface Env {
  ASSETS: Fetcher
  /** The proxy as the browser reaches it. */
  PROXY_URL: string
  /** The sandbox as this Worker reaches it. */
  SANDBOX_URL: string
}

const app = new Hono<{ Bindings: Env }>()

app.get('/config.json', (c) =>
  c.json({ proxy: c.env.PROXY_URL, sandbox: c.env.SANDBOX_URL.replace('127.0.0.1', 'localhost') }),
)

app.all('/heap/:route{snapshot|events|faults}', async (c) => {
  const { search } = new URL(c.req.url)
  try {
    // With its headers too: by one of them the sandbox knows pages of other sites, which must not make it fail.
    return await fetch(`${c.env.SANDBOX_URL}/_sandbox/${c.req.param('route')}${search}`, c.req.raw)
  } catch {
    return c.json({ error: 'The sandbox does not answer.' }, 502)
  }
})

app.get('*', async (c) => {
  const asset = await c.env.ASSETS.fetch(c.req.raw)
  const response = new Response(asset.body, asset)
  response.headers.set(
    'Content-Security-Policy',
    `default-src 'self'; img-src data:; connect-src 'self' ${c.env.PROXY_URL}; base-uri 'none'; frame-ancestors 'none'`,
  )
  return response
})

export default app
