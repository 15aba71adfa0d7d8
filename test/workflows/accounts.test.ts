/**
 * Accounts from CRMs, each night at three: several pages of each, some of which fail.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import {
  type Monday,
  type Pipedrive,
  type Salesforce,
  startMonday,
  startPipedrive,
  startSalesforce,
} from '../stand-ins/index.ts'
import { admin, ended, retry, runs, startNow } from './runs.ts'

const BOARD = '1234567890'

let crms: { salesforce: Salesforce; pipedrive: Pipedrive; monday: Monday }
let tokens: { [Name in keyof typeof crms]: string }
let local: Local
beforeAll(async () => {
  const [salesforce, pipedrive, monday] = await Promise.all([
    startSalesforce({ mostRecords: 50 }),
    startPipedrive({ mostRecords: 50 }),
    startMonday(),
  ])
  crms = { salesforce, pipedrive, monday }
  tokens = { salesforce: [...salesforce.sessions].join(), pipedrive: pipedrive.apiToken, monday: monday.apiToken }
  local = await startLocal({
    SALESFORCE_URL: salesforce.url,
    SALESFORCE_ACCESS_TOKEN: tokens.salesforce,
    SALESFORCE_SOQL: 'SELECT Id, Name, Owner.Name FROM Account',
    PIPEDRIVE_URL: pipedrive.url,
    PIPEDRIVE_API_TOKEN: tokens.pipedrive,
    MONDAY_URL: monday.url,
    MONDAY_API_TOKEN: tokens.monday,
    MONDAY_BOARD_ID: BOARD,
    MONDAY_ACCOUNT_ID_FIELD: 'Domain',
    WORKFLOW_RETRY_MS: '20',
  })

  const list = <T>(length: number, make: (n: number) => T) => Array.from({ length }, (_, n) => make(n))
  const owner = { attributes: { type: 'User' }, Name: 'Ann' }
  salesforce.objects.set(
    'Account',
    list(110, (n) => ({ Id: `001-${n}`, Name: `S${n}`, Owner: owner })),
  )
  const update_time = '2026-01-01T00:00:00Z'
  pipedrive.organizations.push(
    ...list(120, (n) => ({ id: n + 1, name: `P${n}`, update_time, address: { country: 'CH' } })),
  )
  // The last one has no Domain, by which Heap is to know it.
  monday.boards.set(
    BOARD,
    list(211, (n) => ({
      id: `${n}`,
      name: `M${n}`,
      values: { Domain: n < 210 ? `m${n}.example` : null, Status: 'Customer', Note: null },
    })),
  )
})
afterAll(() => Promise.all([local.stop(), ...Object.values(crms).map((crm) => crm.close())]))

it('come to Heap at three, though each CRM fails twice in the middle', async () => {
  const night = (time: string) => local.cron('* * * * *', `2026-12-01T${time}Z`)
  await night('02:59:00')
  expect(await runs(local)).toEqual([])
  for (const [name, status, headers] of [
    ['salesforce', 503],
    ['pipedrive', 429, { 'Retry-After': '0' }],
    ['monday', 503],
  ] as const) {
    crms[name].passNext(1)
    crms[name].failNext(2, status, headers)
  }
  await night('03:00:00')
  await night('03:00:30')
  const started = await runs(local)
  expect(started.map(({ workflow }) => workflow).sort()).toEqual([
    'accounts-from-monday',
    'accounts-from-pipedrive',
    'accounts-from-salesforce',
  ])
  for (const { id, workflow } of started) {
    const { input, steps, problem } = await ended(local, id)
    const said = workflow === 'accounts-from-monday' ? 'Not sent: 1 of 211 records; 1 without an id.' : null
    expect(problem).toBe(said)
    expect(input).toEqual({ scheduledTime: '2026-12-01T03:00:00.000Z' })
    expect(steps.map(({ name, attempts }) => [name, attempts])).toEqual([
      ['page 1', 1],
      ['page 2', 3],
      ['page 3', 1],
    ])
  }
  expect(Object.values(crms).map(({ requests }) => requests.length)).toEqual([5, 5, 5])

  const accounts = async () => {
    const { accounts } = await local.held<{ accounts: { account_id: string; properties: object }[] }>(
      'accounts?limit=2000',
    )
    return new Map(accounts.map(({ account_id, properties }) => [account_id, properties]))
  }
  await expect.poll(async () => (await accounts()).size).toBe(110 + 120 + 210)
  const held = await accounts()
  expect(held.get('001-109')).toEqual({ Name: 'S109', 'Owner.Name': 'Ann' })
  expect(held.get('120')).toEqual({ name: 'P119', update_time: '2026-01-01T00:00:00Z', 'address.country': 'CH' })
  expect(held.get('m209.example')).toEqual({
    id: '209',
    name: 'M209',
    updated_at: '2026-01-01T00:00:00Z',
    Status: 'Customer',
  })
})

it.each(['salesforce', 'pipedrive', 'monday'] as const)(
  'go on at the page of %s that failed, and nobody sees its token',
  async (name) => {
    const crm = crms[name]
    const before = crm.requests.length
    crm.passNext(1)
    crm.failNext(1, 403, {}, { error: `No access with ${tokens[name]}` })
    const id = await startNow(local, `accounts-from-${name}`)
    const { steps } = await ended(local, id, 'errored')
    expect(steps.map(({ state }) => state)).toEqual(['complete', 'errored'])
    expect(steps[1]?.problem).toMatch(/answered 403: No access with \*\*\*$/)
    const answers = [await admin(local, 'workflows'), await admin(local, `workflows/${id}`)]
    for (const token of Object.values(tokens)) expect(answers.join()).not.toContain(token)

    await retry(local, id)
    await ended(local, id)
    // Each page once, and the second once more.
    expect(crm.requests).toHaveLength(before + 4)
  },
)
