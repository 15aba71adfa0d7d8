/**
 * Workflows that somebody wrote, by what triggers them: each is given what it was triggered by, and what it did it does not do again.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../../scripts/workers.ts'
import { type Local, startLocal } from '../local.ts'
import { type StandIn, standIn } from '../stand-ins/index.ts'
import { completed } from '../deletion.ts'
import { admin, ended, push, retry, type Run, runs } from './runs.ts'

const heapConfig = join(root, 'test/fixtures/workflows/heap.config.ts')

let receiver: StandIn
/** Steps that do not work. */
const broken = new Set<string>()
let local: Local
beforeAll(async () => {
  receiver = await standIn(({ text }) => {
    const { step } = JSON.parse(text) as Posted
    return broken.has(step) ? { status: 500, body: `no ${step} at ${stepsUrl()}` } : { status: 200 }
  })
  local = await startLocal({ STEPS_URL: stepsUrl(), WORKFLOW_RETRY_MS: '1', HEAP_TIMEOUT_MS: '1000' }, { heapConfig })
})
afterAll(() => Promise.all([local.stop(), receiver.close()]))

/** As many addresses of webhooks, it is a secret. */
const stepsUrl = () => `${receiver.url}/steps?key=s3cret-of-the-receiver`

interface Posted {
  run: string
  step: string
  input: unknown
}

/** What the steps of a run posted. */
function posted(run: string): [step: string, input: unknown][] {
  const all = receiver.requests.map(({ text }) => JSON.parse(text) as Posted)
  return all.filter((post) => post.run === run).map(({ step, input }) => [step, input])
}

it('an event, with its fields', async () => {
  const user = { identity: 'alice@example.com', plan: '' }
  expect(await push(local, 'event/local-hook-token', { event: 'Login', user })).toEqual({ status: 200, ids: [] })
  const { ids } = await push(local, 'event/local-hook-token', { event: 'Signup', seats: 3, user })
  expect(ids).toHaveLength(1)
  const { id, workflow } = await ended(local, ids[0])
  expect(workflow).toBe('signup')
  const properties = { event: 'Signup', seats: 3, 'user.identity': 'alice@example.com' }
  expect(posted(id)).toEqual([['signup', { event: 'Signup', properties }]])
})

it('a time, once', async () => {
  for (const time of ['02:59', '03:00', '03:00', '03:01']) await local.cron('* * * * *', `2026-12-01T${time}:07Z`)
  const [run, ...others] = (await runs(local)).filter(({ workflow }) => workflow === 'nightly')
  expect(others).toEqual([])
  const { id } = await ended(local, run?.id)
  expect(posted(id)).toEqual([['nightly', { scheduledTime: '2026-12-01T03:00:00.000Z' }]])
})

it('a deletion that is complete', async () => {
  const records = [{ user_name: 'Mary', identity_type: 'identity', value: '498763', opt_out: true }]
  await admin(local, 'deletions', { records })
  const deletion = await completed(local)
  const find = async () => (await runs(local)).find(({ workflow }) => workflow === 'deleted')
  await expect.poll(find).toBeDefined()
  const { id } = await ended(local, ((await find()) as Run).id)
  const input = { id: deletion.id, state: 'complete', users: 1, user_names: ['Mary'], problem: null }
  expect(posted(id)).toMatchObject([['deleted', input]])
  expect(posted(id)).toHaveLength(1)
})

it('records, and somebody who says that it shall go on where it failed; its error shows no setting', async () => {
  broken.add('two')
  const records = [{ name: 'Mary' }]
  const { ids } = await push(local, 'run/two-steps/local-hook-token', records)
  const { id, steps } = await ended(local, ids[0], 'errored')
  expect(steps).toMatchObject([
    { name: 'one', state: 'complete', attempts: 1, problem: null },
    { name: 'two', state: 'errored', attempts: 10, problem: '*** answered 500: no two at ***' },
  ])
  expect((await admin(local, 'workflows')) + (await admin(local, `workflows/${id}`))).not.toContain('s3cret')

  broken.clear()
  await retry(local, id)
  expect((await ended(local, id)).problem).toBeNull()
  const twice = Array.from({ length: 11 }, () => ['two', records])
  expect(posted(id)).toEqual([['one', records], ...twice])
})

it('records of which some are left, which the run says though it is complete', async () => {
  const { ids } = await push(local, 'run/undone/local-hook-token', [{}])
  expect(await ended(local, ids[0])).toMatchObject({ problem: 'Two records are left.' })
})

it('what ends with something that is no sentence is complete, and a text that is thrown is told', async () => {
  const [number, text] = await Promise.all(
    ['a-number', 'a-text'].map((name) => push(local, `run/${name}/local-hook-token`, [{}])),
  )
  expect(await ended(local, number?.ids[0])).toMatchObject({ problem: null })
  expect(await ended(local, text?.ids[0], 'errored')).toMatchObject({ problem: 'just a text' })
})

it('what was done and cannot be kept, which is not done again', async () => {
  const { ids } = await push(local, 'run/no-json/local-hook-token', [{}])
  const { steps } = await ended(local, ids[0], 'errored')
  const problem = 'It was done, but its result is not JSON'
  expect(steps).toMatchObject([{ name: 'count', state: 'errored', attempts: 1, problem }])
})
