/**
 * Users of a source with pages: each arrives once, within Heap's limits.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import { type Source, startSource } from '../stand-ins/index.ts'
import { ended, startNow } from './runs.ts'

/** `SOURCE_USERS=10000` is the long form: a Durable Object for each of them takes its time on a laptop. A multiple of 1000. */
const USERS = Number(process.env.SOURCE_USERS ?? 1000)
const PER_PAGE = process.env.SOURCE_USERS ? 1000 : 500
const PAGES = USERS / PER_PAGE
const LONGEST_MS = 60_000 + USERS * 20

let source: Source
let local: Local
beforeAll(async () => {
  source = await startSource({ pageSize: PER_PAGE })
  local = await startLocal({ USERS_URL: source.usersUrl, USERS_TOKEN: source.token, WORKFLOW_RETRY_MS: '20' })
})
afterAll(() => Promise.all([local.stop(), source.close()]))

it('brings all of them, though the source fails twice', { timeout: LONGEST_MS + 60_000 }, async () => {
  const users = Array.from({ length: USERS }, (_, n) => ({ identity: `user-${n}@example.com`, properties: { n } }))
  source.records.push(...users.map(({ identity, properties }) => ({ identity, ...properties })))
  source.passNext(1)
  source.failNext(2, 503)
  const { steps } = await ended(local, await startNow(local, 'users-from-source'), 'complete', LONGEST_MS)
  expect(steps.map(({ attempts }) => attempts)).toEqual(Array.from({ length: PAGES }, (_, n) => (n === 1 ? 3 : 1)))
  expect(source.requests).toHaveLength(PAGES + 2)

  // What is beyond 900 users of a request goes by the outbox.
  await expect.poll(() => local.held('stats')).toMatchObject({ users: USERS })
  const held = await local.held<{ users: typeof users }>(`users?limit=${USERS}`)
  const sorted = held.users.sort((a, b) => a.properties.n - b.properties.n)
  expect(sorted.map(({ identity, properties }) => ({ identity, properties }))).toEqual(users)
  const { requests } = await local.held<{ requests: { path: string; status: number; records: number }[] }>(
    'requests?limit=1000',
  )
  expect(requests.every(({ path, status }) => path === '/api/add_user_properties' && status === 200)).toBe(true)
  // Each once: none came in two requests.
  expect(requests.reduce((sum, { records }) => sum + records, 0)).toBe(USERS)
  expect(requests.filter(({ records }) => records === Math.min(900, PER_PAGE))).toHaveLength(PAGES)
  expect(await local.held('stats')).toMatchObject({ max: { requestsPerIdentity30s: 1 } })
})

it('says of which it did not bring, and why', async () => {
  source.records.splice(0, USERS, { identity: 'kept@example.com', id: 7 }, { name: 'nobody' }, { identity: 'guest' })
  const { problem } = await ended(local, await startNow(local, 'users-from-source'))
  expect(problem).toBe(
    'Not sent: 2 of 3 records; 1 without an id, 1 refused (page 1: /records/2/identity is no identity: ' +
      'Heap would merge everybody who carries it into one user, for ever). ' +
      'Left out, since Heap has these fields for itself: id.',
  )
  await expect.poll(() => local.held('stats')).toMatchObject({ users: USERS + 1 })
})

it('is over at once where the source points back', async () => {
  const before = source.requests.length
  source.failNext(2, 200, {}, { records: [], next: '/users?after=1' })
  const { problem, steps } = await ended(local, await startNow(local, 'users-from-source'), 'errored')
  expect(problem).toBe('copyPages: a page points back')
  expect(steps.map(({ name, state }) => [name, state])).toEqual([
    ['page 1', 'complete'],
    ['page 2', 'complete'],
  ])
  expect(source.requests).toHaveLength(before + 2)
})
