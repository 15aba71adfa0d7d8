/**
 * A local Heap, for development and tests: what `fetch` does, and the exported Durable Object class. Wiring only.
 * @module
 */
import { Hono } from 'hono'
import { answer, heapOf, shownPath, sizeLimit } from './answer.ts'
import { control } from './control.ts'
import type { Env } from './env.ts'
import { ingest } from './ingest.ts'
import { page } from './page.ts'
import { oauth } from './partner/oauth.ts'
import { publicApi } from './public-api.ts'
import { text } from './reply.ts'

export { LocalHeap } from './heap.ts'

const app = new Hono<{ Bindings: Env }>()

app.use('/api/*', sizeLimit)
app.route('/', ingest)
app.route('/', publicApi)
app.route('/', oauth)
app.all('/api/*', async (c) => {
  const why =
    c.req.method === 'OPTIONS' ? 'browsers cannot call Heap: it answers no preflight' : 'Heap has no such route'
  return answer(await heapOf(c).refuse(c.req.method, shownPath(c), text(404, 'Not Found', why)))
})
app.route('/', control)
app.route('/', page)

export default app
