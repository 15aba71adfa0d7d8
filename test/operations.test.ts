/**
 * The operations page, end to end: a real browser looks at a proxy that is loaded, in front of a Heap that fails now and then,
 * and somebody presses the buttons.
 */
import { join } from 'node:path'
import parse from 'parse-prometheus-text-format'
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Series, State } from '../apps/proxy/src/metrics/types.ts'
import { root, startWorkers } from '../scripts/workers.ts'
import { chromium } from './browsers.ts'
import { type Local, startLocal } from './local.ts'
import { type Google, startGoogle } from './stand-ins/index.ts'

const TOKEN = 'local-admin-token'
const ADMIN = { Authorization: `Bearer ${TOKEN}` }
const DESKTOP = { viewport: { width: 1280, height: 900 } }
const PHONE = {
  viewport: { width: 375, height: 812 },
  deviceScaleFactor: 2,
  colorScheme: 'dark',
  hasTouch: true,
} as const

let google: Google
let account: { client_email: string }
let local: Local
let browser: Browser
let context: BrowserContext
let page: Page
/** Errors on the console and in the page. */
const errors: string[] = []

beforeAll(async () => {
  google = await startGoogle()
  account = google.createAccount()
  ;[local, browser] = await Promise.all([
    startLocal({
      GOOGLE_SERVICE_ACCOUNT: JSON.stringify(account),
      GOOGLE_SHEETS_URL: google.url,
      SEARCHES_SPREADSHEET_ID: 'searches-1',
      SEARCHES_WORKSHEET: 'Searches',
      WORKFLOW_RETRY_MS: '50',
      // A deletion is submitted when what was let through before has arrived or timed out.
      HEAP_TIMEOUT_MS: '2000',
    }),
    chromium.launch(),
  ])
  context = await browser.newContext(DESKTOP)
  page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
})
afterAll(() => Promise.all([browser.close(), local.stop(), google.close()]))

async function post(path: string, body: object, headers: Record<string, string> = {}): Promise<number> {
  const { status } = await fetch(local.proxy + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return status
}

async function failHeap(fault: object): Promise<void> {
  await fetch(`${local.sandbox}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(fault) })
}

async function mendHeap(): Promise<void> {
  await fetch(`${local.sandbox}/_sandbox/faults`, { method: 'DELETE' })
}

/** One record that Heap refuses only once it is in the outbox. */
async function setAside(identity: string): Promise<void> {
  for (const status of [503, 400]) await failHeap({ status, path: '/api/track', times: 1 })
  expect(await post('/api/track', { event: 'Signup', identity, properties: { plan: 'pro' } })).toBe(202)
  await aside().filter({ hasText: identity }).waitFor()
}

async function enter(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token', { exact: true }).fill(token)
  await page.getByRole('button', { name: 'Show the figures' }).click()
}

const status = (page: Page) => page.locator('#status')
const figure = (id: string) => expect.poll(() => page.locator(`#${id}`).textContent())
const aside = () => page.locator('#aside li.row')

it('asks for the token, refuses a wrong one, and keeps the right one in this tab only', async () => {
  const answer = await page.goto(`${local.proxy}/admin`)
  const headers = answer?.headers() ?? {}
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers['content-security-policy']).not.toContain('unsafe')
  expect(headers['referrer-policy']).toBe('no-referrer')

  await enter(page, 'wrong-admin-token')
  await page.getByText('This token is wrong.').waitFor()
  // The browser says so as well.
  expect(errors.splice(0)).toHaveLength(1)
  await enter(page, TOKEN)
  await page.getByText('Nothing has happened yet').waitFor()
  await status(page).getByText('Live').waitFor()
  expect(page.url()).toBe(`${local.proxy}/admin`)
  expect(await context.storageState()).toEqual({ cookies: [], origins: [] })

  await page.reload()
  await status(page).getByText('Live').waitFor()
  const tab = await context.newPage()
  await tab.goto(`${local.proxy}/admin`)
  await tab.getByLabel('Token', { exact: true }).waitFor()
  await tab.close()
})

it('shows what comes, what waits while Heap fails, and that it is gone again', async () => {
  for (let n = 0; n < 20; n++) {
    const events = Array.from({ length: 3 }, () => ({ event: 'Purchase', identity: `user-${n % 5}@example.com` }))
    expect(await post('/api/track', { events })).toBe(200)
  }
  for (let n = 0; n < 40; n++) await post('/api/track', { event: 'Ping', identity: 'busy@example.com' })
  expect(await post('/api/track', { event: '' })).toBe(400)
  await failHeap({ status: 503, path: '/api/track' })
  expect(await post('/api/track', { event: 'Later', identity: 'patient@example.com' })).toBe(202)

  await figure('accepted').toBe('101')
  await figure('refused').toBe('1')
  const waiting = Number(await page.locator('#waiting').textContent())
  // Of the 40, those that are beyond the limit of 30, and the one that Heap did not take.
  expect(waiting).toBe(11)
  await page.getByText('Heap does not take records at this time: Heap answered 503').waitFor()
  await figure('records-legend').toMatch(/Accepted 101.*Queued 11.*Refused 1/)
  await figure('latency').toMatch(/ ms$/)
  expect(await page.locator('.tile', { hasText: 'Time to Heap' }).textContent()).toContain('last 15 minutes')
  const [busiest] = await page.locator('#busiest li.row').allTextContents()
  expect(busiest).toContain('busy@example.com')
  expect(busiest).toContain('40 / 30 requests')
  expect(await page.locator('#busiest .over').count()).toBe(1)
  expect(await page.locator('#records-plot canvas').count()).toBe(1)

  await mendHeap()
  expect(await post('/admin/outbox/retry', {}, ADMIN)).toBe(200)
  await expect.poll(() => page.locator('#failing').isHidden()).toBe(true)
})

it('tells Prometheus the same', async () => {
  const response = await fetch(`${local.proxy}/admin/metrics`, { headers: ADMIN })
  expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  const families = new Map(parse(text).map((family) => [family.name, family.metrics]))
  const labels = { app_id: '123456789', route: '/api/track' }
  expect(families.get('heap_edge_records_accepted_total')).toEqual([{ labels, value: '101' }])
  expect(families.get('heap_edge_records_queued_total')).toEqual([{ labels, value: '11' }])
  expect(families.get('heap_edge_outbox_depth')).toHaveLength(8)
  expect(text).not.toContain('example.com')
})

it('shows deletions with their state, and says where Heap refuses the key', async () => {
  await failHeap({ status: 401, path: '/api/public/v0/auth_token' })
  expect(await post('/admin/deletions', { users: [{ identity: 'bye@example.com' }] }, ADMIN)).toBe(202)
  await page.locator('#deletions').getByText('1 user').waitFor()
  expect(await page.locator('#deletions .badge').textContent()).toMatch(/accepted|submitting|pending/)
  // Heap is asked only once nothing of the user is under way any more, after 12 s.
  await page
    .getByText(/^Heap refuses the API key: .* answered 401: .*Look at HEAP_API_KEY/)
    .waitFor({ timeout: 40_000 })
  await mendHeap()
  expect(await page.locator('#figures').textContent()).not.toContain('bye@example.com')
})

it('has a run that failed go on by its button', async () => {
  // There is no such sheet yet.
  const event = { event: 'Submit search form', time: '2026-01-01T00:00:00Z' }
  expect(await post('/hooks/event/local-hook-token', event)).toBe(202)
  const run = page.locator('#runs li.row')
  await run.getByText('errored').first().waitFor()
  await run.getByText('append the row').waitFor()
  google.createSpreadsheet('searches-1', 'Searches', [['time', 'run']], account.client_email)
  await run.getByRole('button', { name: 'Retry' }).click()
  await run.getByText('complete').first().waitFor()
  expect(await run.getByRole('button').count()).toBe(0)
})

it('sends records that were set aside again, or discards them, by their buttons', async () => {
  await setAside('retried@example.com')
  expect(await aside().locator('.line').first().textContent()).toContain('Signupretried@example.com')
  await aside().getByText('Record', { exact: true }).click()
  expect(await aside().locator('pre').textContent()).toContain('{\n  "event": "Signup",\n')
  const button = (name: string) => aside().getByRole('button', { name, exact: true })
  await failHeap({ status: 400, path: '/api/track', times: 1 })
  await button('Retry Signup of retried@example.com').click()
  await aside().getByText('Sent again: Heap refused it (400)').waitFor()
  await setAside('retried-too@example.com')
  await page.getByRole('button', { name: 'Retry all' }).click()
  await expect.poll(() => aside().count()).toBe(0)
  const held = async () => (await local.held<{ users: { identity?: string }[] }>('users?limit=100')).users
  for (const identity of ['retried@example.com', 'retried-too@example.com']) {
    await expect.poll(held).toContainEqual(expect.objectContaining({ identity }))
  }

  await setAside('discarded@example.com')
  await figure('aside-count').toBe('1')
  await button('Discard Signup of discarded@example.com').click()
  await button('Discard for ever? Signup of discarded@example.com').click()
  await figure('aside-count').toBe('0')
  expect(await held()).not.toContainEqual(expect.objectContaining({ identity: 'discarded@example.com' }))
})

it('says that the connection is lost, and takes it up again by itself', async () => {
  expect(errors).toEqual([])
  await page.route('**/admin/live*', (route) => route.abort())
  await page.getByRole('button', { name: '24 hours' }).click()
  await status(page).getByText('Connection lost').waitFor()
  await page.unroute('**/admin/live*')
  await status(page).getByText('Live').waitFor()
  await page.getByText('last 24 hours').first().waitFor()
  await page.getByRole('button', { name: '15 min' }).click()
  errors.length = 0
})

it('fits a phone', async () => {
  const phone = await browser.newContext(PHONE)
  const small = await phone.newPage()
  await small.goto(`${local.proxy}/admin`)
  await enter(small, TOKEN)
  await status(small).getByText('Live').waitFor()
  expect(await small.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.viewport.width)

  await setAside('phone@example.com')
  const retry = small.getByRole('button', { name: 'Retry Signup of phone@example.com' })
  await retry.waitFor()
  const touched = await small.locator('button:visible, summary:visible').all()
  const boxes = await Promise.all(touched.map((element) => element.boundingBox()))
  expect(Math.min(...boxes.map((box) => box?.height ?? 0))).toBeGreaterThanOrEqual(40)
  await retry.tap()
  await expect.poll(() => aside().count()).toBe(0)
  await phone.close()
})

it('has room for figures of any size on a phone', async () => {
  const stream = await fetch(`${local.proxy}/admin/live`, { headers: { Authorization: `Bearer ${TOKEN}` } })
  let text = ''
  for await (const part of (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    text += part
    if (/event: state\ndata: .*\n\n/.test(text)) break
  }
  const dataOf = (event: string) =>
    JSON.parse(new RegExp(`event: ${event}\ndata: (.*)`).exec(text)?.[1] ?? '') as unknown
  const series = dataOf('series') as Series
  const state = dataOf('state') as State
  for (const name of ['accepted', 'delivered', 'refused'] as const) series[name].fill(0).splice(0, 1, 123_456_789)
  for (const shard of state.shards) Object.assign(shard, { depth: 123_456, oldest_age_s: 3000 })
  state.set_aside.count = 12_345_678
  const body = `event: series\ndata: ${JSON.stringify(series)}\n\nevent: state\ndata: ${JSON.stringify(state)}\n\n`

  const phone = await browser.newContext(PHONE)
  const small = await phone.newPage()
  await small.route('**/admin/live*', (route) => route.fulfill({ contentType: 'text/event-stream', body }))
  await small.goto(`${local.proxy}/admin`)
  await enter(small, TOKEN)
  await small.getByText('123M').first().waitFor()
  expect(await small.locator('#accepted').getAttribute('title')).toBe('123,456,789')
  expect(await small.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.viewport.width)
  const spilling = `[...document.querySelectorAll('.tile dd, .shard .line')].filter((e) => e.scrollWidth > e.clientWidth).length`
  expect(await small.evaluate(spilling)).toBe(0)
  await phone.close()
})

it('says why the figures do not come', async () => {
  const wrong = await startWorkers([{ app: 'proxy', port: 0, bindings: { HEAP_APP_ID: 'abc', ADMIN_TOKEN: TOKEN } }])
  const other = await context.newPage()
  await other.goto(`${wrong.urls.proxy}/admin`)
  await enter(other, TOKEN)
  await expect.poll(() => other.locator('#lost-said').textContent()).toMatch(/answered 503.*HEAP_APP_ID must be/)
  await other.close()
  await wrong.stop()
})

it('says where the admin routes are closed', async () => {
  const closed = await startWorkers([{ app: 'proxy', port: 0, bindings: { HEAP_APP_ID: '123456789' } }])
  const other = await context.newPage()
  await other.goto(`${closed.urls.proxy}/admin`)
  await enter(other, TOKEN)
  const said = () => other.locator('#gate-said').textContent()
  await expect.poll(said).toBe('The admin routes of this Worker are closed. Set ADMIN_TOKEN to open them.')
  await other.close()
  await closed.stop()
})

// The pictures in the documents; made anew only when asked for, so that a test run leaves the repository as it is.
it.runIf(process.env.SCREENSHOTS)('is worth looking at under load', { timeout: 420_000 }, async () => {
  const until = Date.now() + 300_000
  const isFailing = () => until - Date.now() < 110_000 && until - Date.now() > 60_000
  let wasFailing = false
  for (let n = 0; Date.now() < until; n++) {
    if (isFailing() !== wasFailing) await (isFailing() ? failHeap({ status: 503, path: '/api/track' }) : mendHeap())
    wasFailing = isFailing()
    const many = 1 + Math.round(4 + 4 * Math.sin(n / 90))
    const events = Array.from({ length: many }, () => ({ event: 'Purchase', identity: `user-${n % 60}@example.com` }))
    await post('/api/track', { events })
    if (n % 5 === 0) await post('/api/track', { event: 'Ping', identity: 'busy@example.com' })
    if (n % 90 === 0) await post('/api/track', { event: '' })
    await new Promise((resolve) => setTimeout(resolve, 120))
  }
  await setAside('alice@example.com')
  const event = { event: 'Submit search form', time: '2026-01-02T00:00:00Z' }
  google.failNext(1, 400)
  await post('/hooks/event/local-hook-token', event)
  await page.locator('#runs').getByText('errored').first().waitFor()
  await failHeap({ status: 503, path: '/api/track' })
  for (let n = 0; n < 150; n++) await post('/api/track', { event: 'Purchase', identity: `user-${n % 60}@example.com` })
  await page.getByText('Heap does not take records').waitFor()
  await page.waitForTimeout(3000)
  await page.screenshot({ path: join(root, 'docs', 'operations.png'), fullPage: true })

  expect(errors).toEqual([])

  const phone = await browser.newContext(PHONE)
  const small = await phone.newPage()
  await small.goto(`${local.proxy}/admin`)
  await enter(small, TOKEN)
  await status(small).getByText('Live').waitFor()
  await small.waitForTimeout(3000)
  await small.screenshot({ path: join(root, 'docs', 'operations-phone.png') })
  await phone.close()
})
