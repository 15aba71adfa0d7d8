/**
 * Workflows that are shipped and start when somebody posts something: pushed as Heap and others push, run on workerd against the
 * sandbox and stand-ins.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { OPT_OUTS } from '../../apps/proxy/src/deletions/sample.ts'
import { type Local, startLocal } from '../local.ts'
import type { Worksheet } from '../stand-ins/google/grid.ts'
import {
  type Clearbit,
  type Google,
  shown,
  type Slack,
  startClearbit,
  startGoogle,
  startSlack,
} from '../stand-ins/index.ts'
import { completed, firstRequested, requested } from '../deletion.ts'
import { admin, ended, push, retry, runs } from './runs.ts'

let clearbit: Clearbit
let google: Google
let sheet: Worksheet
let slack: Slack
let local: Local
beforeAll(async () => {
  ;[clearbit, google, slack] = await Promise.all([
    startClearbit(),
    // Ten searches at once are more than Google takes in a minute.
    startGoogle({ perMinute: 1000 }),
    startSlack(),
  ])
  const account = google.createAccount()
  sheet = google.createSpreadsheet('searches-1', 'Searches', [['time', 'run']], account.client_email)
  local = await startLocal({
    GOOGLE_SERVICE_ACCOUNT: JSON.stringify(account),
    GOOGLE_SHEETS_URL: google.url,
    SEARCHES_SPREADSHEET_ID: 'searches-1',
    SEARCHES_WORKSHEET: 'Searches',
    CLEARBIT_API_KEY: clearbit.apiKey,
    CLEARBIT_URL: clearbit.url,
    CLEARBIT_PAUSE_MS: '20',
    SLACK_WEBHOOK_URL: slack.webhookUrl,
    WORKFLOW_RETRY_MS: '20',
    // A deletion is submitted when what was let through before has arrived or timed out.
    HEAP_TIMEOUT_MS: '2000',
  })
})
afterAll(() => Promise.all([local.stop(), clearbit.close(), google.close(), slack.close()]))

/** Posts records to a workflow. */
const post = (workflow: string, records: object[]) => push(local, `run/${workflow}/local-hook-token`, records)

/** The users that the sandbox holds: their properties by identity or user_id. */
async function users(): Promise<Record<string, object>> {
  const { users } = await local.held<{ users: { identity?: string; user_ids: string[]; properties: object }[] }>(
    'users',
  )
  return Object.fromEntries(users.map(({ identity, user_ids, properties }) => [identity ?? user_ids[0], properties]))
}

it('makes one row of a search, though Google fails twice and the event comes twice', async () => {
  const event = { event: 'Submit search form', time: '2026-01-01T00:00:00Z', location: { city: 'Iola', country: '' } }
  google.failNext(2, 503)
  const { status, ids } = await push(local, 'event/local-hook-token', event)
  expect(status).toBe(202)
  const { id, steps } = await ended(local, ids[0])
  expect(steps).toMatchObject([{ name: 'append the row', state: 'complete', attempts: 3 }])
  expect(await push(local, 'event/local-hook-token', event)).toEqual({ status: 200, ids })
  expect(await runs(local)).toHaveLength(1)
  expect(shown(sheet)).toEqual([
    ['time', 'run', 'location.city'],
    ['2026-01-01T00:00:00Z', id, 'Iola'],
  ])
})

it('puts each value under its header, where searches with fields of their own come at once into an empty sheet', async () => {
  sheet.cells = []
  const pushed = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      push(local, 'event/local-hook-token', {
        event: 'Submit search form',
        location: { [`f${n}`]: `v${n}`, city: 'Iola' },
      }),
    ),
  )
  for (const { ids } of pushed) await ended(local, ids[0])
  const [header = [], ...rows] = shown(sheet)
  expect(header.toSorted()).toEqual(
    ['run', 'time', 'location.city', ...Array.from({ length: 10 }, (_, n) => `location.f${n}`)].sort(),
  )
  const byRun = new Map(rows.map((row) => [row[header.indexOf('run')], row]))
  expect(rows).toHaveLength(10)
  for (const [n, { ids }] of pushed.entries()) {
    const row = byRun.get(ids[0] ?? '') ?? []
    const values = Object.fromEntries(
      header.map((name, place) => [name, row[place] ?? '']).filter(([, value]) => value),
    )
    expect(values).toEqual({
      run: ids[0],
      time: expect.any(String) as string,
      'location.city': 'Iola',
      [`location.f${n}`]: `v${n}`,
    })
  }
})

const ANSWER = {
  survey_id: 'NewSurvey1234567890',
  age: 48,
  name: "Andrew O'Neal",
  gender: 'male',
  company: 'URBANSHEE',
  email: 'andrew@clearbit.com',
  phone: '+1 (813) 473-3644',
  address: '297 Aberdeen Street, Iola, Montana, 4937',
  suggestions: 'I would really like to see a wider range of adult cartoon content\r\n',
  registered: '2017-04-25T11:57:39 -02:00',
  device_used: 'Laptop',
  avg_daily_viewing: '3',
  favoriteShow: 'Arcane',
}

it('makes users of survey answers, with what Clearbit knows once it has looked, and says of which it made none', async () => {
  const person = { id: 'p1', name: { fullName: 'Andrew O’Neal' }, bio: null }
  const company = { name: 'Clearbit', tags: ['B2B', 'SAAS'] }
  clearbit.known.set(ANSWER.email, { person, company, pending: 2 })
  clearbit.failNext(2, 503)
  const unknown = { ...ANSWER, email: 'nobody@example.com', age: 30, suggestions: undefined }
  const none = ['-', 'guest', 'no address', '', undefined].map((email) => ({ ...ANSWER, email }))
  const reserved = { id: 7, user_id: 'u7' }
  const { status, ids } = await post('lead-enrichment', [ANSWER, ...none, { ...unknown, ...reserved, suggestions: '' }])
  expect(status).toBe(202)
  const { steps, problem } = await ended(local, ids[0])
  expect(problem).toBe(
    'Not sent: 5 of 7 answers; 5 without an e-mail address. Left out, since Heap has these fields for itself: id, user_id.',
  )
  expect(steps.filter(({ name }) => /^answer 1|send/.test(name))).toMatchObject([
    { name: 'answer 1: look up, 1', attempts: 3 },
    { name: 'answer 1: Clearbit looks, 2' },
    { name: 'answer 1: look up, 2', attempts: 1 },
    { name: 'answer 1: Clearbit looks, 3' },
    { name: 'answer 1: look up, 3', attempts: 1 },
    { name: 'send 1', attempts: 1 },
  ])
  expect(await users()).toEqual({
    [ANSWER.email]: {
      ...ANSWER,
      'person.id': 'p1',
      'person.name.fullName': 'Andrew O’Neal',
      'company.name': 'Clearbit',
      'company.tags': 'B2B||SAAS',
    },
    [unknown.email]: unknown,
  })
  expect(clearbit.requests.map(({ query }) => query.get('email'))).toEqual([
    ...Array.from({ length: 5 }, () => ANSWER.email),
    unknown.email,
  ])
})

it('goes on where it failed once somebody says so, and shows no key that Clearbit says back', async () => {
  const addresses = ['one@example.com', 'two@example.com', 'three@example.com']
  const before = clearbit.requests.length
  clearbit.passNext(1)
  clearbit.failNext(1, 401, {}, `no such key: ${clearbit.apiKey}`)
  const { ids } = await post(
    'lead-enrichment',
    addresses.map((email) => ({ email })),
  )
  const failed = await ended(local, ids[0], 'errored')
  const problem = 'clearbit.combined: Clearbit answered 401: no such key: ***'
  expect(failed.steps.at(-1)).toMatchObject({ name: 'answer 2: look up, 1', state: 'errored', attempts: 1, problem })
  expect((await admin(local, 'workflows')) + (await admin(local, `workflows/${failed.id}`))).not.toContain(
    clearbit.apiKey,
  )

  await retry(local, failed.id)
  await ended(local, failed.id)
  const looked = clearbit.requests.slice(before).map(({ query }) => query.get('email'))
  expect(looked).toEqual([addresses[0], addresses[1], addresses[1], addresses[2]])
  expect(await users()).toMatchObject(Object.fromEntries(addresses.map((email) => [email, { email }])))
})

it('deletes those who opted out and nobody else, and says so once, though Slack fails twice', async () => {
  await fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST' })
  const events = OPT_OUTS.map(({ identity_type, value }) => ({ event: 'Visit', [identity_type]: value }))
  await fetch(`${local.sandbox}/api/track`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ app_id: '123456789', events }),
  })
  expect(Object.keys(await users()).sort()).toEqual(OPT_OUTS.map(({ value }) => value).sort())

  slack.failNext(2, 503, { 'Retry-After': '0' })
  const { status, ids } = await post('delete-opted-out', OPT_OUTS)
  expect(status).toBe(202)
  expect(await ended(local, ids[0])).toMatchObject({ problem: null, steps: [{ name: 'hand over to the deletions' }] })
  const { users: deleted } = await firstRequested(local)
  expect(deleted).toEqual(['112017', '310068', '498763'].map((identity) => ({ identity })))
  // It is not said before it is true.
  expect(slack.requests).toEqual([])

  const { id, state } = await completed(local)
  expect(state).toBe('complete')
  expect(Object.keys(await users()).sort()).toEqual(['5954094055083999', '6514974001406129'])
  const text = 'Deleted from Heap: john123, Mary, Jess'
  await expect.poll(() => slack.messages).toEqual([{ text }])
  const notified = async () => JSON.parse(await admin(local, `deletions/${id}`)) as object
  await expect.poll(notified).toMatchObject({ notifications: [{ channel: 'slack', attempts: 3, next_attempt: null }] })
  expect(slack.requests).toHaveLength(3)

  expect(await post('delete-opted-out', OPT_OUTS)).toEqual({ status: 200, ids })
  expect(await requested(local)).toHaveLength(1)
})
