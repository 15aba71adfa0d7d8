import { createHmac } from 'node:crypto'
import workflows from '#heap.config'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onSegment } from '../workflows/define.ts'
import { ask, inputOf, runsSince } from '../workflows/testing.ts'

const run = async () => {}
// As if heap.config.ts had it.
workflows.push(...onSegment('*', { name: 'segment', added: run, removed: run, drained: run }))

const SECRET = 'test-webhook-secret'
const MINUTE_MS = 60_000
const segment = { id: 1338065, name: 'Free Customers' }

let hour = Date.now()
beforeEach(() => {
  // Ahead of the real time, so that the ledger's alarm does not ring.
  vi.useFakeTimers({ toFake: ['Date'], now: (hour += 60 * MINUTE_MS) })
})
afterEach(() => {
  vi.useRealTimers()
})

const hmacOf = (body: string, ts: number, secret: string) =>
  createHmac('sha256', secret).update(`${ts}${body}`).digest('base64')

const sign = (body: string, ts = Date.now(), secret = SECRET) => `ts:${ts},hmac:${hmacOf(body, ts, secret)}`

const post = (body: string, header = sign(body)) =>
  ask('/hooks/segment', { method: 'POST', body, headers: { 'Heap-Hash': header } })

const statusOf = async (body: string, header?: string) => (await post(body, header)).status

let tasks = 0
/** Makes the pages of a sync of its own, in the time of this test. */
function sync(total: number) {
  const sync_task_id = `task-${tasks++}`
  return (page_number: number, changed: object = {}) =>
    JSON.stringify({
      id_token: '7a36ae58-c4b9-11eb-8529-0242ac130003',
      action_type: 'segment.users.sync',
      customer_config: { fields: [] },
      data: {
        segment,
        sync_info: { page_number, total_pages: total, sync_task_id },
        add: [{ id: `added ${page_number}` }],
        remove: [{ id: `removed ${page_number}` }],
        ...changed,
      },
    })
}

const drained = (id: number) =>
  JSON.stringify({ action_type: 'segment.users.drain', customer_config: {}, data: { segment: { ...segment, id } } })

/** The workflows that run since this time, with the users that they are given. */
async function started(since = hour) {
  const runs = await runsSince(since)
  const entries = await Promise.all(
    runs.map(async ({ id, workflow }) => [workflow, ((await inputOf(id)) as { users: string[] }).users] as const),
  )
  return entries.toSorted(([a], [b]) => a.localeCompare(b))
}

describe('a signature', () => {
  it('is that of the reference vector', async () => {
    vi.setSystemTime(1_700_000_000_000 + 59_000)
    const body =
      '{"id_token":"7a36ae58-c4b9-11eb-8529-0242ac130003","action_type":"segment.users.sync","customer_config":{"fields":[]},"data":{"segment":{"id":1338065,"name":"Free Customers"},"sync_info":{"page_number":1,"total_pages":1,"sync_task_id":"afe74af0-496e-11ec-81d3-0242ac130003"},"add":[{"id":"user1@email.com"}],"remove":[]}}'
    const response = await post(body, 'ts:1700000000000,hmac:Fe293WnttLQMqTzYj2w7reZJmJZYYLYAtml6Qsj4bgY=')
    expect([response.status, await response.text()]).toEqual([200, '{}'])
    expect(await started(0)).toEqual([['segment-added', ['user1@email.com']]])
  })

  it('is over the bytes as they came: JSON that is written again is another body', async () => {
    const odd =
      '{ "data":{"add":[{"id":"caf\\u00e9"}],\n"sync_info":{"sync_task_id":"odd","total_pages":1.0,"page_number":1e0},' +
      '\t"segment":{"name":"\\u0041","id":5}}, "action_type":"segment\\u002eusers.sync","customer_config":{} }'
    expect(await statusOf(JSON.stringify(JSON.parse(odd)), sign(odd))).toBe(401)
    expect(await started()).toEqual([])
    expect(await statusOf(odd)).toBe(200)
    expect(await started()).toEqual([['segment-added', ['café']]])
  })

  it('that is not right is answered the same, however near it is, and never with the right one', async () => {
    const body = sync(1)(1)
    const now = Date.now()
    const right = hmacOf(body, now, SECRET)
    const other = (character = '') => (character === 'A' ? 'B' : 'A')
    const near = [
      other(right[0]) + right.slice(1),
      // Alike up to the last character that may be another.
      right.slice(0, 41) + other(right[41]) + right.slice(42),
      right.slice(0, -1),
      right.slice(0, 20),
      `${right}=`,
      right + right,
      '',
      Buffer.from(right, 'base64').toString('base64url'),
      Buffer.from(right, 'base64').toString('hex'),
      hmacOf(body, now, `${SECRET} `),
      hmacOf(` ${body}`, now, SECRET),
    ]
    const headers = [
      ...near.map((hmac) => `ts:${now},hmac:${hmac}`),
      `ts:${now + 1},hmac:${right}`,
      `ts:0${now},hmac:${right}`,
      right,
      sign(body, now - MINUTE_MS - 1),
      sign(body, now + 1001),
    ]
    const answers = await Promise.all(
      headers.map(async (header) => {
        const response = await post(body, header)
        response.headers.delete('Heap-Edge-Request-Id')
        return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`
      }),
    )
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/^401 .*"The token or the signature does not hold\."/)
    expect(await started()).toEqual([])
    // None of that has used it up.
    expect(await statusOf(body, `ts:${now},hmac:${right}`)).toBe(200)
    expect(await started()).toHaveLength(2)
  })

  it('counts once, though it comes at once or for a body that starts nothing', async () => {
    const body = sync(1)(1)
    const replies = await Promise.all(Array.from({ length: 4 }, () => statusOf(body)))
    expect(replies.toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401])
    const header = sign(body)
    vi.setSystemTime(hour + MINUTE_MS)
    expect(await statusOf(body, header)).toBe(401)
    for (const waiting of [sync(2)(1), drained(1)]) {
      expect([await statusOf(waiting), await statusOf(waiting)]).toEqual([200, 401])
    }
    expect(await started()).toHaveLength(3)
  })
})

describe('a body that is signed', () => {
  const page = sync(3)
  it.each<[string, string[]]>([
    ['{', ['']],
    ['[]', ['']],
    [page(4), ['/data/sync_info/page_number']],
    [
      page(1, { add: [{ id: [] }, {}], segment: {} }),
      ['/data/segment/id', '/data/segment/name', '/data/add/0/id', '/data/add/1/id'],
    ],
    ['{"action_type":"segment.users.other"}', ['/action_type']],
  ])('%s is answered with what is wrong', async (body, pointers) => {
    const response = await post(body)
    const text = await response.text()
    const { errors } = JSON.parse(text) as { errors: { pointer: string }[] }
    expect([response.status, errors.map(({ pointer }) => pointer)]).toEqual([400, pointers])
    expect(text).not.toContain(hmacOf(body, Date.now(), SECRET))
  })

  it('has at most 10 MB, and all pages of a sync ids of 5,000,000 characters', async () => {
    const wide = sync(3)
    const users = (bytes: number) => ({
      add: Array<object>(Math.ceil(bytes / 1000)).fill({ id: 'a'.repeat(991) }),
      remove: [],
    })
    expect(await statusOf(wide(1, users(10_000_000)))).toBe(413)
    expect(await statusOf(wide(1, users(2_450_000)))).toBe(200)
    expect(await statusOf(wide(2, users(2_450_000)))).toBe(200)
    const response = await post(wide(3, users(500_000)))
    expect([response.status, await response.json()]).toMatchObject([413, { type: '/docs#body-too-large' }])
    expect(await started()).toEqual([])
    expect(await statusOf(wide(3))).toBe(200)
    expect((await started()).map(([workflow, users]) => [workflow, users.length])).toEqual([
      ['segment-added', 4901],
      ['segment-removed', 1],
    ])
  })
})

describe('a sync', () => {
  it('is put together of pages in any order, once, though each of them comes again', async () => {
    const page = sync(3)
    for (const n of [3, 1, 3, 1]) {
      vi.setSystemTime(Date.now() + MINUTE_MS)
      expect(await statusOf(page(n))).toBe(200)
      expect(await started()).toEqual([])
    }
    expect(await statusOf(page(2))).toBe(200)
    const whole = [
      ['segment-added', ['added 1', 'added 2', 'added 3']],
      ['segment-removed', ['removed 1', 'removed 2', 'removed 3']],
    ]
    expect(await started()).toEqual(whole)
    // Heap heard no answer, and sends all of it again.
    for (const n of [1, 2, 3]) {
      vi.setSystemTime(Date.now() + MINUTE_MS)
      expect(await statusOf(page(n))).toBe(200)
    }
    expect(await started()).toEqual(whole)
  })

  it('has as many pages as its first one said', async () => {
    const page = sync(2)
    expect(await statusOf(page(1))).toBe(200)
    const response = await post(page(2).replace('"total_pages":2', '"total_pages":3'))
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ pointer: '/data/sync_info/total_pages' }] },
    ])
    expect(await statusOf(page(2))).toBe(200)
    expect(await started()).toHaveLength(2)
  })
})

it('a drain empties a segment again that was filled meanwhile', async () => {
  expect(await statusOf(drained(4))).toBe(200)
  vi.setSystemTime(hour + 1000)
  expect(await statusOf(sync(1)(1, { segment: { ...segment, id: 4 }, remove: [] }))).toBe(200)
  vi.setSystemTime(hour + 2000)
  expect(await statusOf(drained(4))).toBe(200)
  expect((await started()).map(([workflow]) => workflow)).toEqual([
    'segment-added',
    'segment-drained',
    'segment-drained',
  ])
})

it('a drain empties a segment once in ten minutes', async () => {
  for (const minutes of [0, 1, 9]) {
    vi.setSystemTime(hour + minutes * MINUTE_MS)
    expect(await statusOf(drained(2))).toBe(200)
    expect(await started()).toEqual([['segment-drained', []]])
  }
  expect(await statusOf(drained(3))).toBe(200)
  vi.setSystemTime(hour + 10 * MINUTE_MS)
  expect(await statusOf(drained(2))).toBe(200)
  expect(await started()).toHaveLength(3)
})
