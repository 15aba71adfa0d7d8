/**
 * The main job, end to end: a real browser opens the playground, somebody clicks, and the sandbox has what was sent.
 */
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { BROWSER_ARGS } from '../scripts/browser.ts'
import { root } from '../scripts/workers.ts'
import { type Local, startLocal } from './local.ts'

let local: Local
let browser: Browser
let page: Page
/** Errors on the console and in the page; a refused request shows there too, so that tests say which they expect. */
let errors: string[]

beforeAll(async () => {
  ;[local, browser] = await Promise.all([
    startLocal(),
    chromium.launch({ executablePath: process.env.CHROMIUM ?? '', args: BROWSER_ARGS }),
  ])
})
afterAll(() => Promise.all([browser.close(), local.stop()]))

beforeEach(async () => {
  await fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST' })
  const context = await browser.newContext({ viewport: { width: 1280, height: 960 } })
  page = await context.newPage()
  errors = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(local.playground)
})
afterEach(() => page.context().close())

const SOON = { timeout: 20_000 }
const answers = () => page.locator('#answers li')

it('brings events and properties from the page into Heap', async () => {
  await page.getByLabel('Event').fill('Viewed pricing')
  await page.getByRole('button', { name: 'Track', exact: true }).click()
  await answers().first().waitFor()
  const userId = /user_id (\d+)/.exec((await page.locator('#who').textContent()) ?? '')?.[1]

  await page.getByLabel('Identity').fill('alice@example.com')
  await page.getByRole('button', { name: 'Identify' }).click()
  await page.getByText('You are alice@example.com.').waitFor()
  await page.getByLabel('Event').fill('Purchase')
  await page.getByRole('button', { name: 'Track', exact: true }).click()
  await page.getByRole('button', { name: 'Add to the user' }).click()
  await page.getByRole('button', { name: 'Add to the account' }).click()
  await expect.poll(() => answers().count(), SOON).toBe(5)
  expect(await page.locator('#answers .status').allTextContents()).toEqual(Array(5).fill('200'))

  const { events } = await local.held<{ events: Record<string, unknown>[] }>('events')
  expect(events).toMatchObject([
    { event: 'Purchase', identity: 'alice@example.com', properties: { amount: 25 } },
    { event: 'Viewed pricing', identity: 'alice@example.com' },
  ])
  for (const { timestamp, idempotency_key } of events) {
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(idempotency_key).toBeTruthy()
  }
  const { users } = await local.held<{ users: object[] }>('users')
  expect(users).toMatchObject([{ identity: 'alice@example.com', user_ids: [userId], properties: { plan: 'pro' } }])
  const { accounts } = await local.held<{ accounts: object[] }>('accounts')
  expect(accounts).toMatchObject([{ account_id: 'acme', properties: { seats: 5 } }])

  await page.locator('#heap-events').getByText('Purchase').waitFor()
  await page.locator('#heap-user').getByText('plan: pro').waitFor()
  expect(errors).toEqual([])
})

it('remembers who it is over a reload, and forgets when told', async () => {
  await page.getByRole('button', { name: 'Identify' }).click()
  await page.getByText('You are alice@example.com.').waitFor()
  await page.reload()
  await page.getByText('You are alice@example.com.').waitFor()
  await page.getByRole('button', { name: 'Forget' }).click()
  await page.getByText('You are an anonymous visitor').waitFor()
  expect(errors).toEqual([])
})

it('says what is wrong with what it refuses', async () => {
  await page.getByLabel('Identity').fill('guest')
  await page.getByRole('button', { name: 'Identify' }).click()
  await page.locator('#identify .error').getByText('merge').waitFor()
  expect((await local.held<{ users: object[] }>('users')).users).toEqual([])
})

it('takes a burst of 500 and delivers all of it within the limit, and shows it', async () => {
  // Somebody of whom the limiter knows nothing from the other tests.
  await page.getByLabel('Identity').fill('bursting@example.com')
  await page.getByRole('button', { name: 'Identify' }).click()
  await page.getByText('You are bursting@example.com.').waitFor()
  await page.getByRole('button', { name: 'Burst of 500' }).click()
  // The identify was the first of the 30 requests.
  await expect.poll(() => page.locator('#dots .queued').count(), SOON).toBe(471)
  await page.getByText('471 are safe in the outbox').waitFor()
  await page.locator('#heap-events').getByText('Burst').first().waitFor()
  // The picture in the README; made anew only when asked for, so that a test run leaves the repository as it is.
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(root, 'docs', 'playground.png') })

  await page.getByText('None was lost, none was doubled.').waitFor({ timeout: 50_000 })
  const stats = await local.held<{ events: number; max: { requestsPerIdentity30s: number } }>('stats')
  expect(stats.events).toBe(500)
  expect(stats.max.requestsPerIdentity30s).toBe(30)
  const { events } = await local.held<{ events: { properties: { n: number } }[] }>('events?limit=1000')
  expect(new Set(events.map(({ properties }) => properties.n)).size).toBe(500)
  expect(errors).toEqual([])
})

it('serves the client to a script tag, with an ETag and a cache by version', async () => {
  // The playground as some page that lets scripts of the proxy in.
  const shop = await browser.newPage({ bypassCSP: true })
  await shop.goto(local.playground)
  await shop.addScriptTag({ url: `${local.proxy}/heap-edge.js` })
  const outcome = await shop.evaluate(async () => {
    const { heapEdge } = globalThis as unknown as {
      heapEdge: { track(event: string, properties: object): Promise<object> }
    }
    return heapEdge.track('Tagged', { amount: 25 })
  })
  await shop.close()
  expect(outcome).toMatchObject({ outcome: 'delivered' })
  expect(await local.held('events')).toMatchObject({
    events: [{ event: 'Tagged', app_id: '123456789', properties: { amount: 25 } }],
  })

  const script = await fetch(`${local.proxy}/heap-edge.js`)
  expect(script.headers.get('Cache-Control')).toBe('public, max-age=3600')
  const versioned = await fetch(`${local.proxy}/heap-edge.js?v=0.1.0`)
  expect(versioned.headers.get('Cache-Control')).toContain('immutable')
  const again = await fetch(`${local.proxy}/heap-edge.js`, {
    headers: { 'If-None-Match': script.headers.get('ETag') ?? '' },
  })
  expect(again.status).toBe(304)
})
