import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call, post, reset, told } from '../testing.ts'
import type { SegmentReport } from '../types.ts'
import { expectRefused, hangsUp, type Received, receiver, says } from './receiver.ts'

beforeEach(reset)
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const segment = { id: 1338065, name: 'Free Customers' }
const six = ['a', 'b', 'c', 'd', 'e', 'f']

function send(webhook: unknown): Promise<Response> {
  return post('/_sandbox/webhooks/segment', webhook)
}

async function report(webhook: object): Promise<SegmentReport> {
  const answer = await send({ segment, ...webhook })
  expect(answer.status).toBe(200)
  return answer.json()
}

function parsed({ body }: Received) {
  return JSON.parse(body) as {
    id_token?: string
    data: { sync_info: { page_number: number; total_pages: number }; add?: object[]; remove?: object[] }
  }
}

/** Whether a signature is right, by an implementation of its own. */
async function isSigned({ headers, body }: Received, secret = 'local-webhook-secret'): Promise<boolean> {
  const [, ts = '', hmac = ''] = /^ts:(\d+),hmac:(.+)$/.exec(headers.get('Heap-Hash') ?? '') ?? []
  const bytes = (text: string) => new TextEncoder().encode(text)
  const key = await crypto.subtle.importKey('raw', bytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  const signature = Uint8Array.from(atob(hmac), (character) => character.charCodeAt(0))
  return crypto.subtle.verify('HMAC', key, signature, bytes(ts + body))
}

function tsOf({ headers }: Received): number {
  return Number(/ts:(\d+)/.exec(headers.get('Heap-Hash') ?? '')?.[1])
}

it('is the reference vector of Heap, to the byte', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
  const received = receiver()
  await report({
    add: ['user1@email.com'],
    remove: [],
    sync_task_id: 'afe74af0-496e-11ec-81d3-0242ac130003',
    id_token: '7a36ae58-c4b9-11eb-8529-0242ac130003',
    secret: 'test-webhook-secret',
  })
  expect(received.map(({ body }) => body)).toEqual([
    '{"id_token":"7a36ae58-c4b9-11eb-8529-0242ac130003","action_type":"segment.users.sync","customer_config":{"fields":[]},"data":{"segment":{"id":1338065,"name":"Free Customers"},"sync_info":{"page_number":1,"total_pages":1,"sync_task_id":"afe74af0-496e-11ec-81d3-0242ac130003"},"add":[{"id":"user1@email.com"}],"remove":[]}}',
  ])
  expect(received[0]?.headers.get('Heap-Hash')).toBe(
    'ts:1700000000000,hmac:Fe293WnttLQMqTzYj2w7reZJmJZYYLYAtml6Qsj4bgY=',
  )
  expect(received[0]?.headers.get('Content-Type')).toBe('application/json')
})

it('goes to the local proxy, and is told page by page', async () => {
  const received = receiver(says(200, 'thanks'))
  const { url, sync_task_id, deliveries } = await report({ add: ['é€😀@example.com'] })
  expect(url).toBe('http://localhost:8787/hooks/segment')
  expect(sync_task_id).toMatch(/^[\w-]{36}$/)
  expect(deliveries).toEqual([{ page_number: 1, status: 200, body: 'thanks', ms: expect.any(Number), attempts: 1 }])
  expect(parsed(received[0] as Received).data).toEqual({
    segment,
    sync_info: { page_number: 1, total_pages: 1, sync_task_id },
    add: [{ id: 'é€😀@example.com' }],
  })
  expect(await isSigned(received[0] as Received)).toBe(true)
})

describe('pages', () => {
  it('come in any order, some of them twice or never', async () => {
    const received = receiver()
    const { deliveries, sync_task_id } = await report({ add: six, remove: ['x'], page_size: 3, order: [3, 1, 1] })
    expect(deliveries.map(({ page_number }) => page_number)).toEqual([3, 1, 1])
    expect(received.map((page) => parsed(page).data)).toMatchObject([
      { sync_info: { page_number: 3, total_pages: 3, sync_task_id }, remove: [{ id: 'x' }] },
      { sync_info: { page_number: 1, total_pages: 3, sync_task_id }, add: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] },
      { sync_info: { page_number: 1 } },
    ])
    expect(parsed(received[0] as Received).data).not.toHaveProperty('add')
    expect(await Promise.all(received.map((page) => isSigned(page)))).toEqual([true, true, true])
  })

  it('may hold 5 MB', async () => {
    const received = receiver()
    const add = Array.from({ length: 120_000 }, (_, i) => `somebody-${i}-with-a-name@example.com`)
    await report({ add })
    expect(received[0]?.body.length).toBeGreaterThan(5_000_000)
    expect(await isSigned(received[0] as Received)).toBe(true)
  })
})

describe('a receiver', () => {
  it.each([429, 401, 500])('that answers %i is tried again, with a new signature', async (status) => {
    const received = receiver(says(status, 'no'), says(200, 'yes'))
    expect((await report({ add: ['a'] })).deliveries).toMatchObject([{ status: 200, body: 'yes', attempts: 2 }])
    const [first, second] = received as [Received, Received]
    expect(tsOf(second)).toBeGreaterThan(tsOf(first))
    expect(await isSigned(second)).toBe(true)
  })

  it('that never takes it gets each page three times', async () => {
    const received = receiver(hangsUp)
    const { deliveries } = await report({ add: ['a'] })
    expect(deliveries).toMatchObject([{ status: null, body: expect.stringContaining('hung up'), attempts: 3 }])
    expect(received).toHaveLength(3)
  })
})

describe('what a receiver has to refuse', () => {
  it('is tampered with after it was signed, and sent once', async () => {
    const received = receiver(says(401, 'no'))
    expect((await report({ add: ['a'], tamper: true })).deliveries).toMatchObject([{ status: 401, attempts: 1 }])
    expect(received[0]?.body).toContain('"name":"Free Customers, tampered with"')
    expect(await isSigned(received[0] as Received)).toBe(false)
  })

  it('is signed with another secret', async () => {
    const received = receiver()
    await report({ add: ['a'], secret: 'another' })
    expect(await isSigned(received[0] as Received)).toBe(false)
    expect(await isSigned(received[0] as Received, 'another')).toBe(true)
  })

  it.each([61_000, -5000])('is %i ms old, and signed all the same', async (age_ms) => {
    const received = receiver()
    await report({ add: ['a'], age_ms })
    expect(Math.abs(Date.now() - age_ms - tsOf(received[0] as Received))).toBeLessThan(5000)
    expect(await isSigned(received[0] as Received)).toBe(true)
  })

  it('is sent again, byte for byte, after everything else', async () => {
    const received = receiver(says(503, 'no'), says(200, 'yes'))
    const { deliveries } = await report({ add: ['a', 'b'], pages: 2, repeat: 1 })
    expect(deliveries.map(({ page_number, replay }) => [page_number, replay])).toEqual([
      [1, undefined],
      [2, undefined],
      [1, true],
      [2, true],
    ])
    // The first page took two attempts, and what is replayed is the one that was taken.
    const bytes = received.map(({ headers, body }) => headers.get('Heap-Hash') + body)
    expect(bytes.slice(3)).toEqual(bytes.slice(1, 3))
  })
})

it('can drain a segment', async () => {
  const received = receiver()
  const answered = await report({ action_type: 'segment.users.drain', repeat: 1 })
  expect(answered).toEqual({
    url: 'http://localhost:8787/hooks/segment',
    deliveries: [expect.objectContaining({ status: 200 }), expect.objectContaining({ replay: true })],
  })
  expect(received[0]?.body).toBe(
    `{"action_type":"segment.users.drain","customer_config":{"fields":[]},"data":{"segment":${JSON.stringify(segment)}}}`,
  )
})

it('names the customer once a partner is connected', async () => {
  const received = receiver()
  const redirect_uri = 'http://localhost/back'
  const client = { client_id: 'local-client-id', redirect_uri }
  await report({ add: ['a'] })
  const query = new URLSearchParams({ ...client, state: 's', response_type: 'code', scope: 'segment' })
  const allowed = await call(`/api/partner/oauth/authorize?${query.toString()}`, {
    method: 'POST',
    body: 'decision=allow',
    redirect: 'manual',
  })
  const code = new URL(allowed.headers.get('Location') ?? '').searchParams.get('code')
  const claim = { ...client, code, grant_type: 'authorization_code', client_secret: 'local-client-secret' }
  const { id_token } = await (await post('/api/partner/oauth/token', claim)).json<{ id_token: string }>()
  await report({ add: ['a'] })
  await report({ add: ['a'], id_token: 'another' })
  expect(received.map((page) => parsed(page).id_token)).toEqual([undefined, id_token, 'another'])
})

it.each<[unknown, string | RegExp]>([
  ['[', 'A segment sync is a JSON object.'],
  [{ add: ['a'] }, 'A segment sync needs segment.'],
  [{ segment: {}, add: [] }, 'segment must be an object with id, a whole number, and name, a text.'],
  [{ segment: { ...segment, size: 1 }, add: [] }, /^segment must be/],
  [{ segment: { id: '1', name: 'n' }, add: [] }, /^segment must be/],
  [{ segment }, /^A sync needs add/],
  [{ segment, add: 'a' }, /^add must be a list of at most 200000, each of which must be a text/],
  [{ segment, remove: [''] }, /^remove must be/],
  [{ segment, add: [{ id: 'a' }] }, /^add must be/],
  [{ segment, add: six, pages: 7 }, 'pages must be at most the number of users, 6.'],
  [{ segment, add: six, pages: 2, page_size: 2 }, 'pages or page_size, not both.'],
  [{ segment, add: six, pages: 0 }, /^pages must be/],
  [{ segment, add: six, pages: 2, order: [3] }, 'order must name pages from 1 to 2.'],
  [{ segment, add: six, order: [] }, 'order must name pages from 1 to 1.'],
  [{ segment, add: six, order: [0] }, /^order must be/],
  [{ segment, add: Array.from({ length: 1001 }, () => 'a'), page_size: 1 }, 'That would be more than 1000 requests.'],
  [{ segment, add: six, order: Array.from({ length: 501 }, () => 1), repeat: 1 }, /more than 1000 requests/],
  [{ segment, add: six, age_ms: '5' }, /^age_ms must be/],
  [{ segment, add: six, tamper: 1 }, 'tamper must be true or false.'],
  [{ segment, add: six, secret: '' }, /^secret must be/],
  [{ segment, add: six, url: 'ftp://receiver.test' }, /^url must be/],
  [{ segment, add: six, action_type: 'segment.users' }, /^action_type must be segment.users.sync or/],
  [{ segment, add: six, action_type: 'segment.users.drain' }, 'add belongs to a sync, not to a drain.'],
  [{ segment, add: six, constructor: 1 }, /has the fields/],
])('refuses %j', (webhook, sentence) => expectRefused(() => send(webhook), sentence))

it('refuses more than 10 MB', async () => {
  expect(await told(send(`"${'x'.repeat(10_000_000)}"`))).toEqual([413, '{"error":"The body is too large."}'])
})
