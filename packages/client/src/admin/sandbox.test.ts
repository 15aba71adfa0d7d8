/**
 * Against the real sandbox Worker, over HTTP.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type RunningWorkers, startWorkers } from '../../../../scripts/workers.ts'
import { createHeap } from '../index.ts'
import { createHeapAdmin, type HeapAdmin } from './index.ts'

const appId = '123456789'

let workers: RunningWorkers
let endpoint: string
let admin: HeapAdmin

beforeAll(async () => {
  workers = await startWorkers([{ app: 'sandbox', port: 0, withoutAssets: true }])
  endpoint = workers.urls.sandbox
}, 120_000)
afterAll(() => workers.stop())
beforeEach(async () => {
  await post('reset')
  admin = createHeapAdmin({ appId, apiKey: 'local-api-key', endpoint, retry: { base: 1, max: 5 } })
})

const post = (path: string, body?: object) =>
  fetch(`${endpoint}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body ?? {}) })

async function held<T>(path: string): Promise<T> {
  const response = await fetch(`${endpoint}/_sandbox/${path}`)
  return (await response.json()) as T
}

const users = (count: number) => Array.from({ length: count }, (_, user_id) => ({ user_id }))
const paths = async () => {
  const { requests } = await held<{ requests: { path: string; status: number }[] }>('requests?limit=1000')
  return requests
    .map(({ path, status }) => `${status} ${path.replace(/^\/api\/public\/v0\/|[\w-]{36}/g, '')}`)
    .toReversed()
}

it('deletes 10 000 users, until they are gone', async () => {
  const heap = createHeap({ appId, endpoint })
  await heap.track([
    { event: 'e', user_id: 9999 },
    { event: 'e', user_id: 10_000 },
    { event: 'e', identity: 'alice@example.com' },
  ])
  const submitted = await admin.deleteUsers(users(10_000))
  expect(submitted).toEqual([{ deletion_request_id: expect.any(String), status: 'pending', users: 10_000 }])
  const id = submitted[0]?.deletion_request_id ?? ''
  expect(await admin.deletionStatus(id)).toEqual({ deletion_request_id: id, status: 'pending' })

  const statuses: string[] = []
  await admin.waitForDeletion(id, {
    every: 10,
    onStatus({ status }) {
      if (statuses.push(status) === 1) void post(`deletions/${id}/complete`)
    },
  })
  expect(statuses[0]).toBe('pending')
  expect(statuses.at(-1)).toBe('complete')
  expect(await held('stats')).toMatchObject({ users: 2, events: 2 })
}, 30_000)

it('deletes 25 000 users by three requests', async () => {
  const submitted = await admin.deleteUsers(users(25_000))
  expect(submitted.map(({ users }) => users)).toEqual([10_000, 10_000, 5000])
  await post('clock', { advanceMs: 60_000 })
  await admin.waitForDeletion(submitted.map(({ deletion_request_id }) => deletion_request_id))
  expect(await paths()).toEqual([
    '200 auth_token',
    ...Array<string>(3).fill('201 user_deletion'),
    ...Array<string>(3).fill('200 deletion_status/'),
  ])
}, 30_000)

it('gets another token where Heap takes the old one no more', async () => {
  const [request] = await admin.deleteUsers([{ identity: 'alice@example.com' }])
  // The clock of Heap goes on; ours, by which the token is young, does not.
  await post('clock', { advanceMs: 300_000 })
  expect(await admin.deletionStatus(request?.deletion_request_id ?? '')).toMatchObject({ status: 'complete' })
  expect(await paths()).toEqual([
    '200 auth_token',
    '201 user_deletion',
    '401 deletion_status/',
    '200 auth_token',
    '200 deletion_status/',
  ])
})

it('submits again where the answer is lost', async () => {
  await post('faults', { path: '/api/public/v0/user_deletion', drop: 'after', times: 1 })
  await post('faults', { path: '/api/public/v0/user_deletion', status: 503, times: 1 })
  expect(await admin.deleteUsers([{ identity: 'alice@example.com' }])).toHaveLength(1)
  expect(await held('deletions')).toMatchObject({ deletions: [expect.anything(), expect.anything()] })
})

it('is refused with what Heap says', async () => {
  await expect(admin.deletionStatus('2dd3d6c5-5a3b-4d3a-8f0e-000000000000')).rejects.toMatchObject({
    name: 'HeapRequestError',
    status: 404,
  })
  for (const wrong of [{ apiKey: 'another' }, { appId: '987654321' }]) {
    const other = createHeapAdmin({ appId, apiKey: 'local-api-key', endpoint, ...wrong })
    await expect(other.deleteUsers([{ user_id: 1 }])).rejects.toMatchObject({
      name: 'HeapRequestError',
      status: 401,
      message: `POST ${endpoint}/api/public/v0/auth_token answered 401: Unauthorized`,
    })
  }
})

it('sends any other request', async () => {
  const body = { app_id: appId, event: 'e', identity: 'alice@example.com' }
  expect(await admin.request('POST', '/api/track', { auth: 'none', body })).toMatchObject({ status: 200, body: {} })
  await expect(admin.request('GET', '/api/v2/not/yet', { query: { a: 1 } })).rejects.toMatchObject({ status: 404 })
  expect(await held('stats')).toMatchObject({ events: 1 })
})
