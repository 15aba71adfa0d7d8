/**
 * Connects an environment of Heap by OAuth, so that its segments are synced here (heap-api 7.2):
 * `POST /admin/connections` gives a link that holds ten minutes; whoever opens it goes to Heap, agrees, and comes back.
 * @module
 */
import { PATHS, partner } from '@heap-edge/contract'
import { readBody } from '@heap-edge/workflows'
import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { issueTicket, readTicket } from '../admin/ticket.ts'
import { adminOnly, same } from '../admin/token.ts'
import { type Config, configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { problem } from '../problem.ts'
import { workflowLedger } from '../workflows/durable.ts'

type ConnectContext = Context<{ Bindings: Env }>

const COOKIE = 'heap-edge-connect'
const LIFE_S = 600
const TIMEOUT_MS = 10_000
/** Of an answer of Heap. */
const MOST_BYTES = 100_000

/** The routes for an operator, below `/admin/connections`. */
export const connections = new Hono<{ Bindings: Env }>().basePath('/admin/connections')

connections.use(adminOnly)

connections.get('/', async (c) => {
  const list = await workflowLedger(c.env).connections()
  const shown = list.map(({ idToken, metadata, at }) => ({
    id_token: idToken,
    connected_at: new Date(at).toISOString(),
    metadata: JSON.parse(metadata) as unknown,
  }))
  return c.json({ connections: shown })
})

connections.post('/', async (c) => {
  const config = configOf(c.env)
  if (!config.partner || config.adminToken === undefined) return notSetUp(c)
  const ticket = await issueTicket(config.adminToken, 'link', LIFE_S)
  return c.json({ url: `${new URL(c.req.url).origin}/connect/heap?ticket=${ticket}`, expires_in: LIFE_S }, 201)
})

connections.delete('/:id_token', async (c) => {
  const gone = await workflowLedger(c.env).disconnect(c.req.param('id_token'))
  return gone ? c.body(null, 204) : problem(c, 'not-found', 'No such connection.')
})

/** The two routes for a browser, below `/connect`. */
export const connect = new Hono<{ Bindings: Env }>().basePath('/connect')

connect.use(async (c, next) => {
  c.header('Cache-Control', 'no-store')
  c.header('Referrer-Policy', 'no-referrer')
  await next()
})

connect.get('/heap', async (c) => {
  const config = configOf(c.env)
  if (!config.partner || config.adminToken === undefined) return notSetUp(c)
  if (!(await readTicket(config.adminToken, 'link', c.req.query('ticket')))) {
    return problem(c, 'hook-unauthorized', 'This link does not hold any more: get one by POST /admin/connections.')
  }
  const state = await issueTicket(config.adminToken, 'state', LIFE_S)
  // Only the browser that went to Heap may come back.
  setCookie(c, COOKIE, state, {
    httpOnly: true,
    sameSite: 'Lax',
    secure: new URL(c.req.url).protocol === 'https:',
    path: '/connect',
    maxAge: LIFE_S,
  })
  const query = new URLSearchParams({
    client_id: config.partner.clientId,
    state,
    response_type: 'code',
    redirect_uri: redirectUri(c),
    scope: 'segment',
  })
  return c.redirect(`${config.heapAdminUrl}${PATHS.partnerAuthorize}?${String(query)}`)
})

connect.get('/heap/callback', async (c) => {
  const config = configOf(c.env)
  if (!config.partner || config.adminToken === undefined) return notSetUp(c)
  const { code, state = '', error } = c.req.query()
  const isOwn = same(getCookie(c, COOKIE) ?? '', state) && (await readTicket(config.adminToken, 'state', state))
  if (!isOwn) return problem(c, 'hook-unauthorized', 'This did not begin here, or it took too long: begin again.')
  // Whoever came back has done so.
  deleteCookie(c, COOKIE, { path: '/connect' })
  if (error !== undefined || code === undefined) return problem(c, 'not-connected', 'Heap was not allowed to connect.')
  const found = await connectionOf(config, config.partner, code, redirectUri(c))
  if (typeof found === 'string') return problem(c, 'not-connected', found)
  await workflowLedger(c.env).addConnection({ ...found, at: Date.now() })
  return c.html(
    '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Connected</title>' +
      '<body style="font: 1rem/1.5 system-ui; margin: 3rem auto; max-width: 30rem; padding: 0 1rem; color-scheme: light dark">' +
      '<h1>Connected</h1><p>Heap syncs segments to this proxy from now on. You can close this page.</p>',
  )
})

function redirectUri(c: ConnectContext): string {
  return `${new URL(c.req.url).origin}/connect/heap/callback`
}

function notSetUp(c: ConnectContext): Response {
  return problem(c, 'not-found', 'Set PARTNER_CLIENT_ID, PARTNER_CLIENT_SECRET and ADMIN_TOKEN to connect Heap.')
}

/** Trades a code for a token, and asks what it is for. A sentence where Heap does not say. */
async function connectionOf(
  { heapAdminUrl }: Config,
  { clientId, clientSecret }: NonNullable<Config['partner']>,
  code: string,
  redirect_uri: string,
) {
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri,
    client_id: clientId,
    client_secret: clientSecret,
  }
  const body = JSON.stringify(form)
  const headers = { 'Content-Type': 'application/json' }
  const token = await jsonFrom(heapAdminUrl + PATHS.partnerToken, { method: 'POST', headers, body })
  const answer = partner.partnerTokenAnswer.safeParse(token)
  if (!answer.success) return 'Heap gave no token: the code may be used up; begin again.'
  const { access_token: accessToken, id_token: idToken } = answer.data
  const url = heapAdminUrl + PATHS.partnerMetadata.replace(':id_token', encodeURIComponent(idToken))
  const metadata = partner.partnerMetadata.safeParse(
    await jsonFrom(url, { headers: { Authorization: `Bearer ${accessToken}` } }),
  )
  if (!metadata.success) return 'Heap did not say what it has connected; begin again.'
  return { idToken, accessToken, metadata: JSON.stringify(metadata.data) }
}

/** The JSON of an answer that is no error; nothing for all else. */
async function jsonFrom(url: string, init: RequestInit): Promise<unknown> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    const text = await readBody(response, MOST_BYTES, 'refuse')
    return response.ok && text !== undefined ? (JSON.parse(text) as unknown) : undefined
  } catch {
    return undefined
  }
}
