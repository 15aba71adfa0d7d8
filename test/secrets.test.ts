/**
 * No secret leaves the proxy: every route is driven, in good and in bad ways, in front of a Heap that says back whatever it
 * was told, and all that comes out is searched. What people are and do is in no log either.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../scripts/workers.ts'
import { WorkerProcess } from './faults/worker-process.ts'

const APP_ID = '123456789'
const SECRETS = {
  HEAP_API_KEY: 'the-api-key-that-nobody-may-see',
  ADMIN_TOKEN: 'the-admin-token-that-nobody-may-see',
  IDENTITY_SECRET: 'the-identity-secret-that-nobody-may-see',
  HOOK_TOKEN: 'the-hook-token-that-nobody-may-see',
  WEBHOOK_SECRET: 'the-webhook-secret-that-nobody-may-see',
  NOTIFY_WEBHOOK_SECRET: 'whsec_dGhlLXdlYmhvb2stc2VjcmV0LXRoYXQtbm9ib2R5LW1heS1zZWU=',
}
const ACCESS_TOKEN = 'the-access-token-that-nobody-may-see'
const basic = (key: string) => `Basic ${btoa(`${APP_ID}:${key}`)}`
const NEVER = [...Object.values(SECRETS), ACCESS_TOKEN, basic(SECRETS.HEAP_API_KEY).slice(6), 'slack-path-nobody']

/** Each request gets the next of these answers. */
const STATUSES = [200, 201, 400, 401, 404, 429, 500, 302]

/** Says back all that it is told, in the body and in a header. */
const heap = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const isToken = request.url?.endsWith('/auth_token') && request.headers.authorization?.startsWith('Basic')
    // Who sends records is told of no token.
    const token = request.headers.authorization === undefined ? '' : ACCESS_TOKEN
    const echo = `${request.headers.authorization} ${token} ${Buffer.concat(chunks).toString()}`
    const status = isToken ? 200 : (STATUSES[served++ % STATUSES.length] as number)
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'X-Echo': encodeURI(echo),
      Location: '/elsewhere',
    })
    response.end(
      JSON.stringify(
        isToken ? { access_token: ACCESS_TOKEN } : { deletion_request_id: 'x', status: 'pending', message: echo },
      ),
    )
  })
})
let served = 0
let proxy: WorkerProcess
const logged: string[] = []
const answered: string[] = []

beforeAll(async () => {
  heap.listen(0, '127.0.0.1')
  await once(heap, 'listening')
  const url = `http://127.0.0.1:${(heap.address() as AddressInfo).port}`
  proxy = new WorkerProcess({
    app: 'proxy',
    bindings: {
      ...SECRETS,
      HEAP_APP_ID: APP_ID,
      HEAP_BASE_URL: url,
      HEAP_TIMEOUT_MS: '2000',
      SLACK_WEBHOOK_URL: `${url}/slack-path-nobody`,
      NOTIFY_WEBHOOK_URL: `${url}/hook`,
    },
    temporary: process.env.TMPDIR ?? '/tmp',
    onLine: (line) => logged.push(line),
    onEnd: (error) => logged.push(String(error)),
  })
  await proxy.start()
})
afterAll(async () => {
  await proxy.kill()
  heap.close()
})

const event = { event: 'e', identity: 'alice@example.com' }
const BODIES = [
  undefined,
  '{',
  JSON.stringify({ users: [{ identity: 'alice@example.com' }] }),
  JSON.stringify({ users: [{}] }),
  JSON.stringify(event),
]
const AUTHORIZATIONS = [
  undefined,
  'Bearer wrong',
  `Bearer ${SECRETS.ADMIN_TOKEN}`,
  basic('wrong'),
  basic(SECRETS.ADMIN_TOKEN),
  basic(SECRETS.HEAP_API_KEY),
]

async function drive(method: string, path: string, headers: Record<string, string>, body?: string): Promise<string> {
  const response = await fetch(proxy.url + path, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    redirect: 'manual',
    ...(method !== 'GET' && body !== undefined && { body }),
  })
  const isStream = response.headers.get('Content-Type') === 'text/event-stream'
  const text = isStream ? await beginningOf(response) : await response.text()
  answered.push(`${method} ${path} ${response.status} ${JSON.stringify([...response.headers])} ${text}`)
  return text
}

/** What comes first of an answer that does not end. */
async function beginningOf({ body }: Response): Promise<string> {
  let text = ''
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part
    if (text.includes('event: state') && text.endsWith('\n\n')) break
  }
  return text
}

/** Lines of the log about requests. */
const requestLines = () =>
  logged.flatMap((line) => {
    const json = /\{"level":.*\}/.exec(line)?.[0]
    return json === undefined ? [] : [JSON.parse(json) as { message: string; request_id?: string; route?: string }]
  })

it('leaves identities, values of properties, tokens and paths out of the log', async () => {
  let serial = 0
  const mark = () => `marked-${serial++}`
  const ids: (string | null)[] = []
  const send = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(proxy.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    await response.arrayBuffer()
    ids.push(response.headers.get('Heap-Edge-Request-Id'))
    return response.status
  }
  const admin = { Authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` }
  const good = () => ({ event: mark(), identity: mark(), properties: { [mark()]: mark() }, idempotency_key: mark() })
  const before = requestLines().length
  const statuses: number[] = []
  // Heap takes some, and others are queued.
  for (let n = 0; n < STATUSES.length; n++) {
    statuses.push(await send('/api/track', { events: [good(), good()] }, admin))
    statuses.push(await send('/api/add_user_properties', { identity: mark(), properties: { plan: mark() } }, admin))
    statuses.push(await send('/api/add_account_properties', { account_id: mark(), properties: { plan: mark() } }))
    statuses.push(await send('/api/v1/identify', { user_id: String(1e15 + n), identity: mark() }, admin))
  }
  expect(statuses).toContain(202)
  const bad: [path: string, body: unknown, headers?: Record<string, string>][] = [
    ['/api/track', good()],
    ['/api/track', good(), { Authorization: `Bearer ${mark()}` }],
    ['/api/track', good(), { Origin: `https://${mark()}.example` }],
    ['/api/track', good(), { 'Content-Type': `text/${mark()}` }],
    ['/api/track', `{"event":"${mark()}",`],
    ['/api/track', { events: [{ ...good(), properties: { [mark()]: { [mark()]: mark() } } }] }],
    ['/api/track', { ...good(), app_id: mark() }],
    [`/api/track/${mark()}?${mark()}=${mark()}`, good()],
    [`/hooks/event/${mark()}`, { [mark()]: mark() }],
    [`/hooks/event/${SECRETS.HOOK_TOKEN}`, [mark()]],
    [`/hooks/run/${mark()}/${SECRETS.HOOK_TOKEN}`, [mark()]],
    [`/hooks/run/lead-enrichment/${mark()}`, [mark()]],
    ['/hooks/segment', { [mark()]: mark() }, { 'Heap-Hash': `t=1,${mark()}` }],
    [`/hook/event/${SECRETS.HOOK_TOKEN}`, {}],
    ['/admin/deletions', { users: [{ identity: mark() }] }, { Authorization: `Bearer ${mark()}` }],
    ['/admin/deletions', { users: [{ [mark()]: mark() }] }, admin],
    [`/admin/outbox/${mark()}`, {}, admin],
    [`/admin/workflows/${mark()}/retry`, {}, admin],
    ['/api/public/v0/auth_token', '', { Authorization: basic(mark()) }],
  ]
  for (const [path, body, headers] of bad) expect(await send(path, body, headers)).toBeGreaterThanOrEqual(400)

  await expect
    .poll(() => requestLines().length - before)
    .toBe(bad.length + statuses.filter((one) => one !== 200).length)
  for (const { request_id } of requestLines().slice(before)) expect(ids).toContain(request_id)
  expect(requestLines().map(({ route }) => route)).toEqual(
    expect.arrayContaining(['/api/track', '/hooks/event/:token', '/hooks/run/:workflow/:token', '/admin/deletions']),
  )
  for (const secret of ['marked-', ...NEVER]) expect(logged.join('\n')).not.toContain(secret)
})

it('is in no answer, no log and no bundle', { timeout: 120_000 }, async () => {
  const text = await (await fetch(`${proxy.url}/openapi.json`)).text()
  const { paths } = JSON.parse(text) as { paths: Record<string, object> }
  const headers = { Authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` }
  const { id } = JSON.parse(await drive('POST', '/admin/deletions', headers, BODIES[2])) as { id: string }
  const routes = [
    ...Object.keys(paths).map((path) => path.replace('{id}', id)),
    '/',
    '/docs',
    '/openapi.json',
    '/heap-edge.js',
    '/admin',
    '/nothing',
    '/api/public/v0/auth_token',
    '/api/public/v0/user_deletion',
    `/api/public/v0/deletion_status/${id}`,
    '/admin/raw/api/public/v0/auth_token',
    '/admin/raw/api/public/v0/deletion_status/x?y=1',
    '/admin/raw//elsewhere.example/x',
  ].filter((path) => !path.includes('{'))
  expect(routes.length).toBeGreaterThan(15)
  for (const path of routes) {
    for (const authorization of AUTHORIZATIONS) {
      for (const body of BODIES) {
        const headers = { ...(authorization && { Authorization: authorization }), 'Heap-Edge-Auth': 'token' }
        for (const method of body === undefined ? ['GET', 'POST', 'DELETE'] : ['POST']) {
          await drive(method, path, headers, body)
        }
      }
    }
  }
  // A Heap that is gone, and errors that nobody planned.
  heap.closeAllConnections()
  heap.close()
  for (const path of ['/api/track', '/admin/raw/api/x', `/admin/deletions/${id}/poll`]) {
    await drive('POST', path, { Authorization: `Bearer ${SECRETS.ADMIN_TOKEN}`, 'Heap-Edge-Auth': 'token' }, BODIES[4])
  }

  const bundles = ['packages/client/dist', 'apps/proxy/dist']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  for (const secret of NEVER) {
    for (const text of [...answered, ...logged, ...bundles]) expect(text).not.toContain(secret)
  }
  // The search would find something: Heap did say it, and the routes were really let in.
  expect(answered.join('\n')).toContain('[secret]')
  expect(answered.some((text) => text.startsWith(`GET /admin/deletions/${id} 200`))).toBe(true)
  expect(logged.join('\n')).not.toContain('alice@example.com')
})
