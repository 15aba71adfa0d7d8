/**
 * Any request to Heap, so that a route which Heap adds can be used at once: method, path, query and body as they are, and
 * Heap's answer as it is. With `Heap-Edge-Auth: token` it carries the access token, which nobody sees.
 * @module
 */
import { type Context, Hono } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import { type Config, configOf } from '../config.ts'
import { heapAdminOf } from '../deletions/heap.ts'
import type { Env } from '../env.ts'
import { problem } from '../problem.ts'
import { limitBody } from './body.ts'
import { adminOnly } from './token.ts'

type AdminContext = Context<{ Bindings: Env }>

const PREFIX = '/admin/raw'
const BODY_BYTES = 5_000_000
const ANSWER_BYTES = 5_000_000
/** How long Heap may take, in ms. */
const TIMEOUT_MS = 30_000

/** What of Heap's answer goes back beside its status and its body. */
const HEADERS = ['Content-Type', 'Retry-After', 'RateLimit', 'RateLimit-Policy']

/** The routes, below `/admin/raw`. */
export const raw = new Hono<{ Bindings: Env }>().basePath(PREFIX)

raw.use(adminOnly)

raw.all('/*', limitBody(BODY_BYTES), async (c) => {
  const config = configOf(c.env)
  const auth = c.req.header('Heap-Edge-Auth')
  if (auth !== undefined && auth !== 'token') {
    return problem(c, 'invalid-body', 'Heap-Edge-Auth must be token, or be left out.')
  }
  const url = urlOf(c.req.url, config)
  if (!url) return problem(c, 'invalid-body', "The path must stay below Heap's address.")
  const admin = heapAdminOf(config)
  if (auth && !admin) return problem(c, 'misconfigured', 'Set HEAP_API_KEY, without which Heap gives no token.')

  const body = await c.req.arrayBuffer()
  const secrets = [config.heapApiKey, config.adminToken]
  const tokenFor = async (refused?: string) => {
    if (!auth) return undefined
    const token = await admin?.accessToken({ refused })
    secrets.push(token)
    return token
  }
  let token: string | undefined
  try {
    token = await tokenFor()
  } catch {
    return problem(c, 'heap-unreachable', 'Heap gave no access token; look at HEAP_API_KEY and HEAP_APP_ID.')
  }
  try {
    let response = await send(c, url, body, token)
    // It lives five minutes, but Heap may end it earlier.
    if (response.status === 401 && token !== undefined) {
      await response.body?.cancel()
      response = await send(c, url, body, await tokenFor(token))
    }
    return await answer(c, response, secrets)
  } catch {
    // What was thrown may hold the address, with all that is in its query.
    return problem(
      c,
      'heap-unreachable',
      'Heap did not answer, or its answer was too long; it may have done what was asked.',
    )
  }
})

/** Heap's address for a request; nothing where it would be another's. */
function urlOf(requested: string, { heapUrl, heapAdminUrl }: Config): URL | undefined {
  const { pathname, search } = new URL(requested)
  const path = pathname.slice(PREFIX.length)
  const base = path.startsWith('/api/public/') ? heapAdminUrl : heapUrl
  const url = new URL(base + path + search)
  const below = new URL(`${base}/`)
  return url.origin === below.origin && url.pathname.startsWith(below.pathname) ? url : undefined
}

function send(c: AdminContext, url: URL, body: ArrayBuffer, token: string | undefined): Promise<Response> {
  const { method } = c.req
  const headers = new Headers()
  const type = c.req.header('Content-Type')
  if (type !== undefined) headers.set('Content-Type', type)
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`)
  return fetch(url, {
    method,
    headers,
    body: method === 'GET' || method === 'HEAD' || body.byteLength === 0 ? null : body,
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
}

/** Heap's answer, without our secrets, whatever Heap thinks of. */
async function answer(c: AdminContext, response: Response, secrets: (string | undefined)[]): Promise<Response> {
  let text = await readAll(response)
  for (const secret of secrets) {
    if (secret === undefined) continue
    // As it is, and as JSON writes it.
    for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1)])) {
      text = text.replaceAll(Buffer.from(form).toString('latin1'), '[secret]')
    }
  }
  const headers = Object.fromEntries(
    HEADERS.flatMap((name) => {
      const value = response.headers.get(name)
      return value === null ? [] : [[name, value]]
    }),
  )
  const bodiless = response.status === 204 || response.status === 205 || response.status === 304
  return c.newResponse(bodiless ? null : Buffer.from(text, 'latin1'), {
    status: response.status as StatusCode,
    headers: { ...headers, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' },
  })
}

/** The bytes of an answer, a character each. */
async function readAll({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES) throw new RangeError('The answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1')
}
