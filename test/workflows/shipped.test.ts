/**
 * The workflows that are shipped, end to end: pushed as Heap and others push, run on workerd against the sandbox and the stand-ins.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import { type Clearbit, type Google, shown, startClearbit, startGoogle } from '../stand-ins/index.ts'

const ADMIN = { Authorization: 'Bearer local-admin-token', 'Content-Type': 'application/json' }

let google: Google
let clearbit: Clearbit
let local: Local
beforeAll(async () => {
  ;[google, clearbit] = await Promise.all([startGoogle(), startClearbit()])
  const account = google.createAccount()
  google.createSpreadsheet('searches-1', 'Searches', [['run', 'time']], account.client_email)
  local = await startLocal({
    GOOGLE_SERVICE_ACCOUNT: JSON.stringify(account),
    GOOGLE_SHEETS_URL: google.url,
    SEARCHES_SPREADSHEET_ID: 'searches-1',
    SEARCHES_WORKSHEET: 'Searches',
    CLEARBIT_API_KEY: clearbit.apiKey,
    CLEARBIT_URL: clearbit.url,
    WORKFLOW_RETRY_MS: '50',
  })
})
afterAll(() => Promise.all([local.stop(), google.close(), clearbit.close()]))

interface RunShown {
  id: string
  state: string
  problem: string | null
  steps: { name: string; state: string; attempts: number; problem: string | null }[]
  input: unknown
}
const runs = async () =>
  ((await (await fetch(`${local.proxy}/admin/workflows`, { headers: ADMIN })).json()) as { runs: RunShown[] }).runs

it('W1', async () => {
  google.failNext(2, 503)
  const sent = await fetch(`${local.sandbox}/_sandbox/webhooks/event`, { method: 'POST', body: '{}' })
  console.log(await sent.text())
  await expect.poll(async () => (await runs())[0]?.state, { timeout: 10_000 }).toBe('complete')
  console.log(JSON.stringify(await runs(), null, 1))
  console.log(JSON.stringify(google.spreadsheets.get('searches-1')))
  expect(shown).toBeDefined()
})
