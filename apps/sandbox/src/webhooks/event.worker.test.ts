import { afterEach, expect, it, vi } from 'vitest'
import { call, post } from '../testing.ts'
import type { EventReport } from '../types.ts'
import { expectRefused, hangsUp, receiver, says } from './receiver.ts'

afterEach(() => void vi.restoreAllMocks())

function send(webhook: unknown): Promise<Response> {
  return post('/_sandbox/webhooks/event', webhook)
}

async function report(webhook: unknown): Promise<EventReport> {
  const answer = await send(webhook)
  expect(answer.status).toBe(200)
  return answer.json()
}

it('goes to the local proxy, with the usual body', async () => {
  const received = receiver(says(202, '{"took":1}'))
  const { deliveries, body } = await report({})
  expect(deliveries).toEqual([{ status: 202, body: '{"took":1}', ms: expect.any(Number), attempts: 1 }])
  expect(received).toHaveLength(1)
  expect(received[0]?.url).toBe('http://localhost:8787/hooks/event/local-hook-token')
  expect(received[0]?.headers.get('Content-Type')).toBe('application/json')
  expect(JSON.parse(received[0]?.body ?? '')).toEqual(body)
  expect(body).toMatchObject({ event: 'Submit search form', user: { identity: 'alice@example.com', email: '' } })
  expect(await report({ event: 'Purchase' })).toMatchObject({ body: { event: 'Purchase' } })
})

it('has the body, the headers and the receiver that are wanted; what is absent is an empty text', async () => {
  const received = receiver()
  const body = { event: 'e', seats: 5, paid: true, plan: null, user: { email: null, name: 'Ann' }, ['__proto__x']: '' }
  await report({
    url: 'https://receiver.test/hook?a=1',
    body,
    headers: { Authorization: 'Basic YTpi', 'X-Secret': 's' },
  })
  expect(received[0]?.url).toBe('https://receiver.test/hook?a=1')
  expect(received[0]?.body).toBe(
    '{"event":"e","seats":5,"paid":true,"plan":"","user":{"email":"","name":"Ann"},"__proto__x":""}',
  )
  expect(Object.fromEntries(received[0]?.headers ?? [])).toMatchObject({ authorization: 'Basic YTpi', 'x-secret': 's' })
})

it('can come several times, the same each time', async () => {
  const received = receiver()
  const { deliveries } = await report({ times: 3 })
  expect(deliveries).toHaveLength(3)
  expect(new Set(received.map(({ body }) => body)).size).toBe(1)
})

it('is tried once, whatever comes of it', async () => {
  const received = receiver(says(503, 'no'), hangsUp)
  const { deliveries } = await report({ times: 2 })
  expect(received).toHaveLength(2)
  expect(deliveries).toMatchObject([
    { status: 503, body: 'no', attempts: 1 },
    { status: null, body: 'Nobody answers there. Error: hung up', attempts: 1 },
  ])
})

it('follows no redirect', async () => {
  const received = receiver(() => new Response(null, { status: 302, headers: { Location: 'https://elsewhere.test/' } }))
  expect((await report({})).deliveries).toMatchObject([{ status: 302, body: '' }])
  expect(received).toHaveLength(1)
})

it('reads the beginning of an answer that never ends', async () => {
  const pull = (stream: ReadableStreamDefaultController) => stream.enqueue(new TextEncoder().encode('x'.repeat(1000)))
  receiver(() => new Response(new ReadableStream({ pull })))
  const { deliveries } = await report({})
  expect(deliveries[0]?.body).toBe(`${'x'.repeat(2000)}…`)
})

it.each<[unknown, string | RegExp]>([
  ['{', 'An event webhook is a JSON object.'],
  [[], 'An event webhook is a JSON object.'],
  [{ path: '/' }, 'An event webhook has the fields url, event, body, headers, times, and nothing else.'],
  [{ url: 'receiver.test' }, 'url must be an http or https address without a user in it.'],
  [{ url: 'file:///etc/passwd' }, /^url must be/],
  [{ url: 'https://a:b@receiver.test' }, /^url must be/],
  [{ times: 101 }, 'times must be a whole number from 1 to 100.'],
  [{ times: 0 }, /^times must be/],
  [{ event: '' }, /^event must be/],
  [{ event: 'e', body: {} }, 'event names the event of the usual body; give that or body.'],
  [{ body: 'text' }, 'body must be an object.'],
  [{ body: { list: [1] } }, /^body\.list is a list or nested too deep/],
  [{ body: { user: { address: {} } } }, /^body\.user\.address is a list or nested too deep/],
  [{ headers: { Host: 'x' } }, /^headers must be/],
  [{ headers: { 'Content-Length': '5' } }, /^headers must be/],
  [{ headers: { 'a b': 'x' } }, /^headers must be/],
  [{ headers: { a: 'x\r\ny: z' } }, /^headers must be/],
  [{ headers: { a: 5 } }, /^headers must be/],
])('refuses %j', (webhook, sentence) => expectRefused(() => send(webhook), sentence))

it('is not sent for pages of other sites, nor as another method', async () => {
  const received = receiver()
  const headers = { 'Sec-Fetch-Site': 'cross-site' }
  expect((await call('/_sandbox/webhooks/event', { method: 'POST', headers, body: '{}' })).status).toBe(403)
  expect((await call('/_sandbox/webhooks/event')).status).toBe(404)
  expect(received).toEqual([])
})
