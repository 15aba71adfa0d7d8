/**
 * A workflow that is shipped, end to end: pushed as Heap pushes, run on workerd against the sandbox and a stand-in.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Local, startLocal } from '../local.ts'
import type { Worksheet } from '../stand-ins/google/grid.ts'
import { type Google, shown, startGoogle } from '../stand-ins/index.ts'

const ADMIN = { Authorization: 'Bearer local-admin-token' }

let google: Google
let sheet: Worksheet
let local: Local
beforeAll(async () => {
  google = await startGoogle()
  const account = google.createAccount()
  sheet = google.createSpreadsheet('searches-1', 'Searches', [['time', 'run']], account.client_email)
  local = await startLocal({
    GOOGLE_SERVICE_ACCOUNT: JSON.stringify(account),
    GOOGLE_SHEETS_URL: google.url,
    SEARCHES_SPREADSHEET_ID: 'searches-1',
    SEARCHES_WORKSHEET: 'Searches',
    WORKFLOW_RETRY_MS: '50',
  })
})
afterAll(() => Promise.all([local.stop(), google.close()]))

interface Runs {
  runs: { id: string; state: string; steps: { name: string; state: string; attempts: number }[] }[]
}

async function runs(): Promise<Runs['runs']> {
  const response = await fetch(`${local.proxy}/admin/workflows`, { headers: ADMIN })
  return (JSON.parse(await response.text()) as Runs).runs
}

it('makes one row of a search, though Google fails twice and the event comes twice', async () => {
  const event = { event: 'Submit search form', time: '2026-01-01T00:00:00Z', location: { city: 'Iola', country: '' } }
  const push = async () => {
    const body = JSON.stringify(event)
    const response = await fetch(`${local.proxy}/hooks/event/local-hook-token`, { method: 'POST', body })
    return response.status
  }
  google.failNext(2, 503)
  expect(await push()).toBe(202)
  await expect.poll(async () => (await runs())[0]?.state, { timeout: 20_000 }).toBe('complete')
  expect(await push()).toBe(200)
  const [run, ...others] = await runs()
  expect(others).toEqual([])
  expect(run?.steps).toMatchObject([{ name: 'append the row', state: 'complete', attempts: 3 }])
  expect(shown(sheet)).toEqual([
    ['time', 'run', 'location.city'],
    ['2026-01-01T00:00:00Z', run?.id, 'Iola'],
  ])
})
