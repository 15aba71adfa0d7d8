/**
 * What a page may be: its storage refused, its clock wrong, its visitor without consent, Heap's own script on it; and what it
 * gets where records are refused. The site has the strict Content-Security-Policy of docs/browser.md.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright'
import { describe, expect, it } from 'vitest'
import { chromium, kill } from '../browsers.ts'
import { flush, kept, track } from './page.ts'
import { SNIPPET } from './site.ts'
import { GATHERS_SOON, playIn, shorten, type Stage, upTo } from './stage.ts'

let stage: Stage
let context: BrowserContext
playIn(chromium, (...those) => {
  ;[stage, context] = those
  return context.addInitScript(GATHERS_SOON)
})

describe('storage', () => {
  it('keeps what is stored when the browser is killed', async () => {
    const profile = await mkdtemp(join(tmpdir(), 'heap-edge-'))
    const first = await chromium.open(profile)
    const page = await stage.visit(first)
    await first.setOffline(true)
    await track(page, 1, 2, 3)
    await kill(first)
    const second = await chromium.open(profile)
    const again = await stage.visit(second)
    await track(again, 4)
    await stage.expectEvents(1, 2, 3, 4)
    expect(await flush(again)).toMatchObject({ waiting: 0 })
    await second.close()
    await rm(profile, { recursive: true, force: true })
  })

  it.each([
    ['refuses IndexedDB', 'IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError") }'],
    ['never answers for IndexedDB', `IDBFactory.prototype.open = () => ({}); ${shorten(3000, 100)}`],
    ['has none', 'Object.defineProperty(window, "indexedDB", { value: undefined })'],
  ])('that %s: localStorage keeps it over a reload', async (_, script) => {
    await context.addInitScript(script)
    const page = await stage.visit(context)
    await context.setOffline(true)
    await track(page, 1, 2)
    await context.setOffline(false)
    // No answer comes: what arrives was sent by the next page.
    stage.front.handle(async () => undefined)
    await page.reload()
    stage.front.handle()
    await flush(page)
    await stage.expectEvents(1, 2)
    expect(await flush(page)).toMatchObject({ waiting: 0 })
  })

  it('that is refused altogether, as in a sandboxed frame: it is sent from memory', async () => {
    const page = await stage.visit(context, '/framed')
    const frame = page.frames()[1]
    await frame?.evaluate(() => Promise.all([1, 2].map((n) => heapEdge.track('E', { n }))))
    // Of no origin at all, so that nothing of it is let in but by a proxy that lets in all.
    expect(await frame?.evaluate(() => heapEdge.flush())).toMatchObject({ waiting: 2 })
    stage.front.handle(async ({ ns }) => {
      expect(ns).toEqual([1, 2])
      return { status: 200, headers: { 'access-control-allow-origin': '*' }, body: '{}' }
    })
    expect(await frame?.evaluate(() => heapEdge.flush())).toMatchObject({ sent: 2, waiting: 0 })
  })
})

describe('a clock that is wrong', () => {
  it.each([-1, 1])('by %i years: timestamps are right, and so are sessions', async (years) => {
    await context.addInitScript(`{
      const shift = ${years} * 365 * 86_400_000, now = Date.now
      Date.now = () => now() + shift
      globalThis.Date = new Proxy(Date, { construct: (Date, args) => new Date(...(args.length ? args : [now() + shift])) })
    }`)
    const page = await stage.visit(context)
    stage.front.handle(async (_, forward) => {
      if (stage.front.requests.length > 1) return forward()
      const inASecond = new Date(Date.now() + 2000).toUTCString()
      return { status: 503, headers: { 'retry-after': inASecond, date: new Date().toUTCString() } }
    })
    await track(page, 1, 2)
    await flush(page)
    const events = await stage.expectEvents(1, 2)
    for (const { timestamp } of events) expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(60_000)
    expect(new Set(events.map(({ session_id }) => session_id)).size).toBe(1)
  })
})

describe('what is refused', () => {
  const cors = { 'content-type': 'application/problem+json' }

  it('is told with its problems, and the rest goes on', async () => {
    const page = await stage.visit(context)
    await page.evaluate(() =>
      Promise.all([1, 2, 3].map((n) => heapEdge.track(n === 2 ? '' : 'E', { n, ...(n === 3 && { bad: [{}] }) }))),
    )
    expect(await flush(page)).toMatchObject({ sent: 1, rejected: 2, waiting: 0 })
    await stage.expectEvents(1)
    const told = await page.evaluate(() => globalThis.told)
    expect(told.map(({ record, problems }) => [record?.properties.n, problems.map(({ pointer }) => pointer)])).toEqual([
      [2, ['/event']],
      [3, ['/properties/bad/0']],
    ])
  })

  it('because it is too large is cut in half until it fits', async () => {
    const page = await stage.visit(context)
    stage.front.handle(async ({ ns }, forward) => (ns.length > 10 ? { status: 413, headers: cors } : forward()))
    await track(page, ...upTo(50))
    expect(await flush(page)).toMatchObject({ sent: 50, rejected: 0 })
    await stage.expectEvents(...upTo(50))
  })

  it('without a reason is searched for', async () => {
    const page = await stage.visit(context)
    stage.front.handle(async ({ ns }, forward) => (ns.includes(13) ? { status: 400, headers: cors } : forward()))
    await track(page, ...upTo(30))
    expect(await flush(page)).toMatchObject({ sent: 29, rejected: 1 })
    await stage.expectEvents(...upTo(30).filter((n) => n !== 13))
    expect(await page.evaluate(() => told.map(({ record }) => record?.properties.n))).toEqual([13])
  })

  it('because the proxy is set up wrong waits until that is put right', async () => {
    const page = await stage.visit(context)
    stage.front.handle(async () => ({ status: 403, headers: cors, body: '{"detail":"Not this origin."}' }))
    await track(page, 1)
    expect(await flush(page)).toMatchObject({ rejected: 0, waiting: 1 })
    await expect.poll(() => page.evaluate(() => told[0]?.message)).toContain('403: Not this origin.')
    stage.front.handle()
    await flush(page)
    await stage.expectEvents(1)
  })

  it('is no trouble for a page whose onError throws', async () => {
    await context.addInitScript('globalThis.options = { onError() { throw new Error("of the page") } }')
    const page = await stage.visit(context)
    await page.evaluate(() => Promise.all(['', 'E'].map((event) => heapEdge.track(event, { n: 1 }))))
    expect(await flush(page)).toMatchObject({ sent: 1, rejected: 1 })
    await stage.expectEvents(1)
    expect(stage.errors.splice(0)).toEqual(['of the page'])
  })
})

describe('consent', () => {
  it('is waited for: nothing is stored, and nothing sent', async () => {
    await context.addInitScript('globalThis.options = { consent: "required" }')
    const page = await stage.visit(context)
    const [{ outcome }] = (await track(page, 1)) as [{ outcome: string }]
    await page.evaluate(() => heapEdge.identify('alice@example.com'))
    await flush(page)
    expect([outcome, await kept(page), await context.cookies()]).toEqual(['ignored', { items: [], databases: [] }, []])
    expect(stage.front.requests).toEqual([])
    await page.evaluate(() => heapEdge.startTracking())
    await track(page, 2)
    await stage.expectEvents(2)
    const before = await page.evaluate(() => heapEdge.getUserId())
    await page.reload()
    expect(await page.evaluate(() => heapEdge.getUserId())).toBe(null)
    await page.evaluate(() => heapEdge.startTracking())
    expect(await page.evaluate(() => heapEdge.getUserId())).toBe(before)
  })

  it('is nothing else than what is called so', async () => {
    await context.addInitScript('globalThis.options = { consent: "denied" }')
    const page = await stage.visit(context)
    expect(await track(page, 1)).toEqual([{ outcome: 'ignored' }])
    expect(await kept(page)).toEqual({ items: [], databases: [] })
  })

  it('that ends is the end of the queue and the ids, in other tabs and later pages too', async () => {
    const [page, other] = await Promise.all([stage.visit(context), stage.visit(context)])
    stage.front.handle(async () => ({ status: 503 }))
    await Promise.all([track(page, 1, 2), track(other, 3)])
    await page.evaluate(() => heapEdge.stopTracking())
    await expect.poll(() => other.evaluate(() => heapEdge.getUserId())).toBe(null)
    stage.front.handle()
    stage.front.requests.splice(0)
    await track(page, 4)
    await track(other, 5)
    await page.reload()
    await track(page, 6)
    for (const tab of [page, other]) expect(await flush(tab)).toMatchObject({ waiting: 0 })
    expect(stage.front.requests).toEqual([])
    expect(await page.evaluate('Object.values(localStorage)')).toEqual(['{"isStopped":true}'])
    await page.evaluate(() => heapEdge.startTracking())
    await track(page, 7)
    await stage.expectEvents(7)
  })

  it('is not what somebody with Global Privacy Control gives, unless the page says so', async () => {
    await context.addInitScript('Object.defineProperty(navigator, "globalPrivacyControl", { value: true })')
    const page = await stage.visit(context)
    await track(page, 1)
    await page.evaluate(() => heapEdge.startTracking())
    await track(page, 2)
    expect(await kept(page)).toMatchObject({ items: [] })
    await context.addInitScript('globalThis.options = { respectGpc: false }')
    await page.reload()
    await track(page, 3)
    await stage.expectEvents(3)
    expect(stage.front.requests.flatMap(({ ns }) => ns)).toEqual([3])
  })
})

describe('the visitor', () => {
  it('is joined to an identity, and another one is another visitor', async () => {
    const page = await stage.visit(context)
    const ids = () =>
      page.evaluate(() => [heapEdge.getUserId(), heapEdge.getSessionId(), heapEdge.getIdentity()] as const)
    await page.evaluate(() => heapEdge.addEventProperties({ site: 'shop' }))
    await page.evaluate(() => heapEdge.addUserProperties({ plan: 'free' }))
    await page.evaluate(() => heapEdge.addUserProperties({ plan: 'pro' }))
    await track(page, 1)
    const anonymous = await ids()
    await page.evaluate(() => heapEdge.identify('alice@example.com'))
    await page.evaluate(() => heapEdge.identify('alice@example.com'))
    await page.evaluate(() => heapEdge.identify(''))
    await track(page, 2)
    expect(await ids()).toEqual([anonymous[0], anonymous[1], 'alice@example.com'])
    await page.evaluate(() => heapEdge.identify('bob@example.com'))
    const bob = await ids()
    expect(bob).not.toContain(anonymous[0])
    expect(bob).not.toContain(anonymous[1])
    await page.evaluate(() => heapEdge.resetIdentity())
    const next = await ids()
    expect([bob[0], null]).not.toContain(next[0])
    await page.evaluate(() => heapEdge.resetIdentity())
    expect(await ids()).toEqual(next)
    await track(page, 3)
    const events = await stage.expectEvents(1, 2, 3)
    expect(events.map(({ properties }) => properties.site)).toEqual(['shop', 'shop', 'shop'])
    const { users } = await stage.local.held<{ users: { identity?: string; user_ids: string[] }[] }>('users')
    const known = users.filter(({ identity }) => identity)
    expect(known).toMatchObject([
      { identity: 'bob@example.com', user_ids: [bob[0]] },
      { identity: 'alice@example.com', user_ids: [anonymous[0]], properties: { plan: 'pro' } },
    ])
  })

  it('that was to be somebody who is refused is anonymous again, and can still be joined', async () => {
    const page = await stage.visit(context)
    await track(page, 1)
    const userId = await page.evaluate(() => heapEdge.getUserId())
    await page.evaluate(() => heapEdge.identify('guest'))
    await flush(page)
    expect(await page.evaluate(() => heapEdge.getIdentity())).toBe(null)
    await page.evaluate(() => heapEdge.identify('alice@example.com'))
    await flush(page)
    const { users } = await stage.local.held<{ users: object[] }>('users')
    expect(users).toMatchObject([{ identity: 'alice@example.com', user_ids: [userId] }])
  })

  it('that two tabs name otherwise in the same moment is two visitors', async () => {
    const page = await stage.visit(context)
    const userId = await page.evaluate(() => heapEdge.getUserId())
    // A tab of the same process knows at once what this one writes, and is told of it a little later.
    await page.evaluate(`(async () => {
      const tab = open('/')
      await new Promise((loaded) => (tab.onload = loaded))
      await Promise.all([heapEdge.identify('alice@example.com'), tab.heapEdge.identify('bob@example.com')])
      await Promise.all([heapEdge.flush(), tab.heapEdge.flush()])
    })()`)
    const joined = () => stage.front.requests.filter(({ path }) => path === '/api/v1/identify').map(({ body }) => body)
    await expect.poll(joined).toHaveLength(2)
    expect(joined()).toContainEqual(expect.objectContaining({ identity: 'alice@example.com', user_id: userId }))
    expect(joined()).not.toContainEqual(expect.objectContaining({ identity: 'bob@example.com', user_id: userId }))
  })

  it('begins a session after half an hour without an event', async () => {
    await context.addInitScript('{ const now = Date.now; Date.now = () => now() + (globalThis.later ?? 0) }')
    const page = await stage.visit(context)
    const session = () => page.evaluate(() => heapEdge.getSessionId())
    await track(page, 1)
    const first = await session()
    await page.evaluate('globalThis.later = 29 * 60_000')
    await track(page, 2)
    await page.evaluate('globalThis.later = 58 * 60_000')
    expect(await session()).toBe(first)
    await page.evaluate('globalThis.later = 59.5 * 60_000')
    await track(page, 3)
    const events = await stage.expectEvents(1, 2, 3)
    expect(events.map(({ session_id }) => session_id === first)).toEqual([true, true, false])
  })
})

describe("Heap's own script", () => {
  it('has the ids, and its global is left alone', async () => {
    await context.addInitScript(
      'globalThis.heap = { loaded: true, getUserId: () => "5954094055083999", getSessionId: () => "77" }; globalThis.before = heap',
    )
    const page = await stage.visit(context)
    await track(page, 1)
    await page.evaluate(() => heapEdge.identify('alice@example.com'))
    await page.evaluate(() => heapEdge.identify('bob@example.com'))
    await track(page, 2)
    const events = await stage.expectEvents(1, 2)
    expect(events).toMatchObject([{ user_id: '5954094055083999', session_id: '77' }, { identity: 'bob@example.com' }])
    expect(await page.evaluate('heap === before')).toBe(true)
    // One user_id is one person: it is not joined to both.
    const joined = stage.front.requests.filter(({ path }) => path === '/api/v1/identify').map(({ body }) => body)
    expect(joined).toMatchObject([{ identity: 'alice@example.com', user_id: '5954094055083999' }])
  })

  it.each(['_hp5_meta', '_hp2_id'])('is known by its cookie %s too', async (name) => {
    const value = encodeURIComponent(JSON.stringify({ userId: '4242', sessionId: '88' }))
    await context.addCookies([{ name: `${name}.123456789`, value, url: stage.site }])
    const page = await stage.visit(context)
    await track(page, 1)
    expect(await stage.expectEvents(1)).toMatchObject([{ user_id: '4242', session_id: '88' }])
  })
})

describe('the script', () => {
  it('takes over what was called on the snippet before, in order', async () => {
    expect(SNIPPET.length).toBeLessThanOrEqual(400)
    const page = await stage.visit(context, '/snippet')
    const settled = await page.evaluate(async () => {
      const stub = heapEdge
      const early = stub.track('Early', { n: 1 })
      stub.load('123456789')
      const later = stub.track('E', { n: 2 })
      return [await early, await later, await stub.track('Kept', { n: 3 }), heapEdge === stub]
    })
    expect(settled).toEqual([...upTo(3).map(() => ({ outcome: 'stored' })), false])
    const events = await stage.expectEvents(1, 2, 3)
    expect(events.map(({ event }) => event)).toEqual(['Early', 'E', 'Kept'])
  })

  it('that is blocked leaves no promise open', async () => {
    const page = await stage.visit(context, '/blocked')
    stage.errors.length = 0
    const results = page.evaluate(async () => [
      await heapEdge.track('E', { n: 1 }),
      await heapEdge.track('E', { n: 2 }),
    ])
    expect(await results).toEqual([undefined, undefined])
    stage.errors.length = 0
  })

  it('is checked by its hash', async () => {
    const page = await stage.visit(context, '/tag')
    await track(page, 1)
    await stage.expectEvents(1)
    const wrong = await stage.visit(context, '/wrong-integrity')
    expect(await wrong.evaluate(() => typeof globalThis.heapEdge)).toBe('undefined')
    expect(stage.errors.splice(0)).toMatchObject([expect.stringContaining('integrity')])
  })
})
