/**
 * The main job, end to end: a real browser opens the playground, somebody clicks, and the sandbox has what was sent.
 */
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { root } from '../scripts/workers.ts'
import { chromium } from './browsers.ts'
import { type Local, startLocal } from './local.ts'

let local: Local
let browser: Browser
let page: Page
/** Errors on the console and in the page; a refused request shows there too, so that tests say which they expect. */
let errors: string[]

beforeAll(async () => {
  ;[local, browser] = await Promise.all([startLocal(), chromium.launch()])
})
afterAll(() => Promise.all([browser.close(), local.stop()]))

beforeEach(async () => {
  await fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST' })
  const context = await browser.newContext({ viewport: { width: 1280, height: 960 } })
  errors = []
  page = await context.newPage()
  await open()
})
afterEach(() => page.context().close())

async function open(): Promise<void> {
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(local.playground)
}

interface HeapEvent {
  event: string
  properties: { n?: number }
}

const ADMIN = { Authorization: 'Bearer local-admin-token' }
const answers = () => page.locator('#answers li')
const events = async () => (await local.held<{ events: HeapEvent[] }>('events?limit=1000')).events
/** Attempts in a row that Heap did not take. */
async function outboxFailures(): Promise<number> {
  const response = await fetch(`${local.proxy}/admin/outbox`, { headers: ADMIN })
  const { shards }: { shards: { failures: number }[] } = await response.json()
  return Math.max(...shards.map(({ failures }) => failures))
}
const waiting = (count: number) => expect.poll(() => page.locator('#waiting').textContent()).toBe(`${count}`)
const place = (name: string) => expect.poll(() => page.locator(`#in-${name}`).textContent())

async function click(button: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click()
}

async function identify(identity: string): Promise<void> {
  await page.getByLabel('Identity').fill(identity)
  await click('Identify')
  await page.getByText(`You are ${identity}.`).waitFor()
}

async function track(event: string): Promise<void> {
  await page.getByLabel('Event').fill(event)
  await click('Track')
  await page.locator('#track-said').getByText('Stored.').waitFor()
}

/** Switches Heap off or on in the page, and waits until it is. */
async function switchHeap(down: boolean): Promise<void> {
  await page.getByLabel('Heap is down').setChecked(down)
  await expect.poll(async () => (await local.held<{ faults: object[] }>('snapshot')).faults.length).toBe(Number(down))
}

it('brings events and properties from the page into Heap', async () => {
  await track('Viewed pricing')
  await answers().first().waitFor()
  const userId = /user_id (\d+)/.exec((await page.locator('#who').textContent()) ?? '')?.[1]

  await identify('alice@example.com')
  await track('Purchase')
  await click('Add to the user')
  await click('Add to the account')
  await expect.poll(() => answers().count()).toBe(5)
  expect(await page.locator('#answers .status').allTextContents()).toEqual(Array(5).fill('200'))

  const held = await local.held<{ events: Record<string, unknown>[] }>('events')
  expect(held.events).toMatchObject([
    { event: 'Purchase', identity: 'alice@example.com', properties: { amount: 25 } },
    { event: 'Viewed pricing', identity: 'alice@example.com' },
  ])
  for (const { timestamp, idempotency_key } of held.events) {
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
  await identify('alice@example.com')
  await page.reload()
  await page.getByText('You are alice@example.com.').waitFor()
  await click('Forget')
  await page.getByText('You are an anonymous visitor').waitFor()
  expect(errors).toEqual([])
})

it('says what is wrong with what it refuses, and who it is then', async () => {
  await identify('guest')
  await page.locator('#identify-said').getByText('merge').waitFor()
  await page.getByText('You are an anonymous visitor').waitFor()
  await waiting(0)
  expect((await local.held<{ users: object[] }>('users')).users).toEqual([])
})

it('tracks nobody without consent', async () => {
  await page.getByLabel('This browser is offline').check()
  await track('Before')
  await waiting(1)
  await page.getByLabel('There is consent to track').uncheck()
  await page.getByText('Nobody is tracked.').waitFor()
  await waiting(0)
  await click('Track')
  await page.locator('#track-said').getByText('Ignored').waitFor()

  await page.getByLabel('There is consent to track').check()
  await page.getByText('You are an anonymous visitor').waitFor()
  await page.getByLabel('This browser is offline').uncheck()
  await track('After')
  await expect.poll(events).toMatchObject([{ event: 'After' }])
  expect(errors).toEqual([])
})

it.each(['', 'bursting@example.com'])(
  'brings a burst of 500 into Heap in a few requests, and shows it: of "%s"',
  async (who) => {
    if (who) {
      await identify(who)
      await answers().first().waitFor()
    }
    await click('Burst of 500')
    await page.getByText('None was lost, none was doubled.').waitFor()
    expect(await page.locator('#dots .heap').count()).toBe(500)
    expect(await answers().count()).toBeLessThan(6)
    await page.locator('#heap-events').getByText('Burst').first().waitFor()

    const numbers = (await events()).map(({ properties }) => properties.n)
    expect(numbers).toHaveLength(500)
    expect(new Set(numbers).size).toBe(500)
    expect(errors).toEqual([])
  },
)

it('keeps what is tracked offline over a reload and a closed tab, and brings it into Heap once', async () => {
  await page.getByLabel('This browser is offline').check()
  await track('Offline')
  await click('Burst of 500')
  await place('browser').toBe('500')
  await answers().getByText('no answer').first().waitFor()

  await page.reload()
  await waiting(501)
  await place('browser').toBe('500')
  const tab = page
  page = await page.context().newPage()
  await tab.close()
  await open()
  await waiting(501)
  expect(await events()).toEqual([])

  await page.getByLabel('This browser is offline').uncheck()
  await waiting(0)
  const arrived = await events()
  expect(arrived).toHaveLength(501)
  expect(new Set(arrived.map(({ properties }) => properties.n)).size).toBe(501)
  expect(errors).toEqual([])
})

it('keeps what Heap does not take in the outbox, and brings it into Heap once', async () => {
  await identify('patient@example.com')
  await answers().first().waitFor()
  await switchHeap(true)
  // Once the outbox has met the failure, it costs no more than an event at a time of Heap's 1000 a minute.
  await track('Down')
  await expect.poll(outboxFailures).toBeGreaterThan(0)
  await click('Burst of 500')
  await place('outbox').toBe('500')
  await waiting(0)
  await answers().getByText('queued').first().waitFor()
  await page.reload()
  await place('outbox').toBe('500')
  expect(await events()).toEqual([])

  await switchHeap(false)
  // Rather than wait for the next attempt.
  await fetch(`${local.proxy}/admin/outbox/retry`, { method: 'POST', headers: ADMIN })
  await page.getByText('None was lost, none was doubled.').waitFor()
  expect(await events()).toHaveLength(501)
  expect(errors).toEqual([])
})

it('lets no page of another site make Heap fail', async () => {
  const { status } = await fetch(`${local.playground}/heap/faults`, {
    method: 'POST',
    headers: { 'Sec-Fetch-Site': 'cross-site' },
    body: '{"status":503}',
  })
  expect(status).toBe(403)
})

it('serves the client to a script tag, with an ETag and a cache by version', async () => {
  // A page of an origin that the proxy lets in.
  const shop = await browser.newPage()
  await shop.goto(`${local.playground}/config.json`)
  await shop.setContent(`<script src="${local.proxy}/heap-edge.js" data-app-id="123456789"></script>`)
  const outcome = await shop.evaluate(() => {
    const { heapEdge } = globalThis as unknown as {
      heapEdge: { track(event: string, properties: object): Promise<object> }
    }
    return heapEdge.track('Tagged', { amount: 25 })
  })
  expect(outcome).toEqual({ outcome: 'stored' })
  await expect.poll(events).toMatchObject([{ event: 'Tagged', app_id: '123456789', properties: { amount: 25 } }])
  await shop.close()

  const script = await fetch(`${local.proxy}/heap-edge.js`)
  expect(script.headers.get('Cache-Control')).toBe('public, max-age=3600')
  const versioned = await fetch(`${local.proxy}/heap-edge.js?v=0.1.0`)
  expect(versioned.headers.get('Cache-Control')).toContain('immutable')
  const again = await fetch(`${local.proxy}/heap-edge.js`, {
    headers: { 'If-None-Match': script.headers.get('ETag') ?? '' },
  })
  expect(again.status).toBe(304)
})

// The picture in the README; made anew only when asked for, so that a test run leaves the repository as it is. The last one, since
// what is in the outbox goes on to Heap.
it.runIf(process.env.SCREENSHOTS)(
  'shows where each event is when Heap goes down in the middle of a burst',
  async () => {
    await page.setViewportSize({ width: 1280, height: 1080 })
    await identify('alice@example.com')
    await answers().first().waitFor()
    await page.route('**/api/track', async (route) => {
      if ((await answers().count()) > 1) await switchHeap(true)
      await route.continue()
    })
    await click('Burst of 500')
    for (const name of ['outbox', 'heap']) await place(name).toMatch(/^[1-9]/)
    await waiting(0)
    await page.locator('#heap-events').getByText('Burst').first().waitFor()
    expect(errors).toEqual([])
    await page.screenshot({ path: join(root, 'docs', 'playground.png') })
  },
)
