/**
 * `track()` touches no storage while the page waits for it: what is to be written is written in a later task. What it costs is
 * measured by `npm run bench:track`.
 */
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { watchStorage } from '../bench/touches.ts'
import { startTrackSite, type TrackSite } from '../bench/track-page.ts'
import { chromium } from './browsers.ts'

let site: TrackSite
let browser: Browser
let context: BrowserContext
let page: Page

beforeAll(async () => {
  ;[site, browser] = await Promise.all([startTrackSite(), chromium.launch()])
})
afterAll(async () => {
  await browser.close()
  site.stop()
})
beforeEach(async () => {
  context = await browser.newContext()
  page = await context.newPage()
  await page.addInitScript(watchStorage)
  await page.goto(site.url)
  await page.evaluate(`
    const schema = { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } }
    heapEdge.load('123456789', { endpoint: '${site.endpoints.taking}', schemas: { Checked: schema } })
    heapEdge.flush()`)
})
afterEach(() => context.close())

/** What is touched by the time that some code has run, in the same task. */
function touchesOf(code: string): Promise<string[]> {
  return page.evaluate(`touched.length = 0; ${code}; [...touched]`)
}

it.each([
  ['the first event of a visitor', '', 'Viewed', 1],
  ['a visitor who is identified', `heapEdge.identify('alice@example.com')`, 'Viewed', 1],
  ['event properties', `heapEdge.addEventProperties({ ab: 'b' })`, 'Viewed', 1],
  ["the cookies of Heap's script", `document.cookie = '_hp5_meta.123456789=' + '{"userId":"1"}'`, 'Viewed', 1],
  ['a schema', '', 'Checked', 1],
  ['a session that is over', `const { now } = Date; Date.now = () => now() + 3_600_000`, 'Viewed', 1],
  ['more than a request', '', 'Viewed', 600],
])('track touches no storage at once: %s', async (_, prepare, event, times) => {
  await page.evaluate(`${prepare}; heapEdge.flush()`)
  const calls = `for (let n = 0; n < ${times}; n++) heapEdge.track('${event}', { plan: 'pro', n })`
  expect(await touchesOf(calls)).toEqual([])
  await page.evaluate('heapEdge.flush()')
  expect(await page.evaluate('touched')).toContain('IDBObjectStore.put')
})

it('would be seen if it did', async () => {
  await page.evaluate('globalThis.kept = localStorage')
  for (const [code, ...touches] of [
    ['localStorage.key', 'localStorage', 'get of an item'],
    ['kept.key = 1', 'set of an item'],
    ['delete kept.key', 'deleteProperty of an item'],
    ['Object.keys(kept)', 'ownKeys of an item'],
    ["kept.setItem('key', '1')", 'Storage.setItem'],
    ['document.cookie', 'document.cookie'],
    ["document.cookie = 'key=1'", 'document.cookie'],
    ["indexedDB.open('some')", 'IDBFactory.open'],
    ["caches.open('some')", 'CacheStorage.open'],
  ] as [string, ...string[]][]) {
    expect(await touchesOf(code)).toEqual(expect.arrayContaining(touches))
  }
})
