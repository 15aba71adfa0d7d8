/**
 * A page whose network, tabs and proxy fail: what was tracked arrives, and once.
 */
import type { BrowserContext } from 'playwright'
import { describe, expect, it } from 'vitest'
import { browsers } from '../browsers.ts'
import type { Answer } from './front.ts'
import { flush, track } from './page.ts'
import { playIn, type Stage, upTo } from './stage.ts'

/** `WAITING_EVENTS=10000` is the long form. */
const WAITING = Number(process.env.WAITING_EVENTS ?? 1000)

describe.each(browsers())('in $name', (browser) => {
  let stage: Stage
  let context: BrowserContext
  playIn(browser, (...those) => void ([stage, context] = those))

  it('offline for a while, then online', async () => {
    const page = await stage.visit(context)
    await track(page, 1)
    await context.setOffline(true)
    await track(page, 2, 3)
    expect((await flush(page)).waiting).toBeGreaterThanOrEqual(2)
    await page.reload().catch(() => {})
    await context.setOffline(false)
    await track(await stage.visit(context), 4)
    await stage.expectEvents(1, 2, 3, 4)
  })

  it('left, reloaded and closed in mid-flight', async () => {
    const page = await stage.visit(context)
    // Heap answers late, so that all of these are under way or not yet sent when the page goes.
    stage.front.handle(async (_, forward) => {
      await new Promise((wake) => setTimeout(wake, 300))
      return forward()
    })
    await page.evaluate(() => void heapEdge.track('E', { n: 1 }))
    await page.reload()
    await page.evaluate(() => {
      void heapEdge.track('E', { n: 2 })
      void heapEdge.flush()
    })
    await page.goto(`${stage.site}/elsewhere`)
    // Nothing of the client is on this page: what the other one sent when it went is all that there is.
    await stage.expectEvents(1, 2)
    const other = await stage.visit(context)
    await track(other, 3)
    await other.close()
    await stage.expectEvents(1, 2, 3)
    const last = await stage.visit(context)
    expect(await flush(last)).toMatchObject({ waiting: 0 })
    await stage.expectEvents(1, 2, 3)
  })

  it('in five tabs at once, of which one sends at a time', async () => {
    const pages = await Promise.all(upTo(5).map(() => stage.visit(context)))
    stage.front.handle(async (_, forward) => {
      await new Promise((wake) => setTimeout(wake, 50))
      return forward()
    })
    await Promise.all(pages.map((page, tab) => track(page, ...upTo(20).map((n) => tab * 20 + n))))
    const counts = await Promise.all(pages.map(flush))
    expect(counts.map(({ waiting }) => waiting)).toEqual([0, 0, 0, 0, 0])
    await stage.expectEvents(...upTo(100))
    const { requests } = stage.front
    for (const [index, { at }] of requests.slice(1).entries()) {
      expect(at).toBeGreaterThanOrEqual(requests[index]?.until ?? Infinity)
    }
    // All tabs are of the same visitor.
    expect(new Set((await stage.events()).map(({ user_id }) => user_id)).size).toBe(1)
  })

  it.each([
    ['429 for seconds', { status: 429, headers: { 'retry-after': '1' } }, 1000],
    ['503 for seconds', { status: 503, headers: { 'retry-after': '1' } }, 1000],
    ['429 until a date', { status: 429, headers: {} }, 1000],
    ['503 until a date', { status: 503, headers: {} }, 1000],
  ] as [string, Answer, number][])('the proxy answers %s', async (form, refusal, pause) => {
    const page = await stage.visit(context)
    stage.front.handle(async (_, forward) => {
      if (stage.front.requests.length > 1) return forward()
      // To the second, and so at least one.
      const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + pause).toUTCString()
      return form.includes('date') ? { ...refusal, headers: { 'retry-after': date } } : refusal
    })
    await track(page, 1)
    expect(await flush(page)).toMatchObject({ sent: 0, waiting: 1 })
    // Nobody is earlier, not even by hand.
    expect(await flush(page)).toMatchObject({ sent: 0, waiting: 1 })
    await page.evaluate('dispatchEvent(new Event("online"))')
    await stage.expectEvents(1)
    const [first, second] = stage.front.requests
    expect(stage.front.requests).toHaveLength(2)
    expect((second?.at ?? 0) - (first?.until ?? Infinity)).toBeGreaterThanOrEqual(pause - 10)
  })

  it(`${WAITING} events that waited offline`, { timeout: 180_000 }, async () => {
    const page = await stage.visit(context)
    await context.setOffline(true)
    // Of ten users, since Heap takes 1000 events of one in a minute, and the proxy keeps the others until then.
    await page.evaluate(async (each) => {
      for (let user = 0; user < 10; user++) {
        void heapEdge.identify(`${Math.random()}@example.com`)
        await Promise.all(Array.from({ length: each }, (_, n) => heapEdge.track('E', { n: user * each + n + 1 })))
      }
    }, WAITING / 10)
    expect((await flush(page)).waiting).toBe(WAITING + 10)
    await context.setOffline(false)
    await stage.expectEvents(...upTo(WAITING))
    expect(await flush(page)).toMatchObject({ sent: WAITING + 10, rejected: 0, dropped: 0, waiting: 0 })
    const { requests } = stage.front
    expect(requests.flatMap(({ ns }) => ns)).toHaveLength(WAITING)
    expect(requests.length).toBeLessThan(80)
  })
})
