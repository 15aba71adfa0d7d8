/**
 * What seldom happens to a page, and must lose and double nothing all the same. Each test stands for a mistake that was made once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { signIdentity } from 'heap-edge/admin'
import type { BrowserContext, Page } from 'playwright'
import { beforeEach, describe, expect, it } from 'vitest'
import { chromium } from '../browsers.ts'
import { flush, track } from './page.ts'
import { GATHERS_SOON, playIn, type Stage, upTo } from './stage.ts'

const SECRET = 'a secret of the site and its proxy'
const ALICE = 'alice@example.com'
const MINUTE_MS = 60_000
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS

let stage: Stage
let context: BrowserContext
playIn(
  chromium,
  async (...those) => {
    ;[stage, context] = those
    await context.addInitScript(GATHERS_SOON)
    // Which proves all identities.
    await context.addInitScript('globalThis.options = { identityToken: "local-admin-token" }')
  },
  { IDENTITY_SECRET: SECRET },
)

/** The n-th attempt by itself comes 2^n s after the one before, up to 64 s, and hardly sooner. */
const WAITS_LONG = '{ const { random } = Math; Math.random = () => 0.98 + random() / 50 }'

/** The first answer asks for a pause; the others are those of the proxy. */
function pauseFirst(retryAfter: string): void {
  stage.front.handle(async (_, forward) =>
    stage.front.requests.length > 1 ? forward() : { status: 429, headers: { 'retry-after': retryAfter } },
  )
}

/** How many ms after the answer to the first request the second one came. */
async function pause(): Promise<number> {
  await expect.poll(() => stage.front.requests.length).toBeGreaterThan(1)
  const [first, second] = stage.front.requests
  return (second?.at ?? 0) - (first?.until ?? Infinity)
}

const trackAs = async (page: Page, identity: string, ...ns: number[]) => {
  await page.evaluate((identity) => heapEdge.identify(identity), identity)
  return track(page, ...ns)
}

describe('a page that goes', () => {
  it('while the client is starting still sends what it has', async () => {
    await context.addInitScript(`{
      const { open } = IDBFactory.prototype
      IDBFactory.prototype.open = function (name) {
        const request = open.call(this, name)
        const set = (handler) => request.addEventListener('success', () => setTimeout(handler, 300))
        return Object.defineProperty(request, 'onsuccess', { set })
      }
    }`)
    const page = await stage.visit(context)
    await track(page, 1)
    await page.evaluate((alice) => {
      void heapEdge.addUserProperties({ plan: 'pro' })
      void heapEdge.identify(alice)
    }, ALICE)
    await page.goto(`${stage.site}/elsewhere`)
    expect(await stage.expectEvents(1)).toHaveLength(1)
    // On which the client runs as well.
    await stage.visit(context)
    const users = async () => (await stage.local.held<{ users: object[] }>('users')).users
    const user_ids = [expect.any(String) as string]
    await expect.poll(users).toMatchObject([{ identity: ALICE, user_ids, properties: { plan: 'pro' } }])
  })

  it('with a tab that is closed as by a click sends it too', async () => {
    const page = await stage.visit(context)
    await flush(page)
    await track(page, 1)
    await page.close({ runBeforeUnload: true })
    expect(await stage.expectEvents(1)).toHaveLength(1)
  })

  it('may track that it goes, also in a pause', async () => {
    pauseFirst('2')
    const page = await stage.visit(context)
    await track(page, 1)
    await flush(page)
    await page.evaluate(`addEventListener('pagehide', () => void heapEdge.track('Left', { n: 2 }))`)
    await page.goto(`${stage.site}/elsewhere`)
    await page.goto(stage.site)
    expect(await stage.expectEvents(1, 2)).toHaveLength(2)
  })

  it('before it has the answer sends again what Heap has by then, and Heap takes it once', async () => {
    stage.front.handle(async (_, forward) => {
      await forward()
      return new Promise(() => {})
    })
    const page = await stage.visit(context)
    await track(page, 1, 2)
    await stage.expectEvents(1, 2)
    stage.front.handle()
    await page.reload()
    await expect.poll(() => flush(page)).toMatchObject({ waiting: 0 })
    await stage.expectEvents(1, 2)
    expect((await stage.local.held<{ duplicates: number }>('stats')).duplicates).toBeGreaterThan(0)
  })

  it('and is loaded without a network sends what waits as soon as there is one', async () => {
    await context.addInitScript(WAITS_LONG)
    const page = await stage.visit(context, '/app')
    await page.evaluate('navigator.serviceWorker.ready.then(() => {})')
    await context.setOffline(true)
    await track(page, 1, 2)
    await page.reload()
    await track(page, 3)
    for (const _ of upTo(8)) await flush(page)
    await context.setOffline(false)
    await stage.expectEvents(1, 2, 3)
    expect(await flush(page)).toMatchObject({ rejected: 0, dropped: 0, waiting: 0 })
  })
})

describe('a proxy', () => {
  it('whose requests and answers get lost has each event once', async () => {
    let count = 0
    stage.front.handle(async (_, forward) => {
      count++
      if (count % 2 === 0) await forward()
      if (count < 5) return
      return count < 7 ? { status: 502, body: 'no JSON' } : forward()
    })
    const page = await stage.visit(context)
    for (const n of upTo(7)) {
      await track(page, n)
      await flush(page)
    }
    await stage.expectEvents(...upTo(7))
    await expect.poll(() => flush(page)).toMatchObject({ sent: 7, rejected: 0, waiting: 0 })
  })

  it('in whose place another server answers has not taken anything', async () => {
    stage.front.handle(async () => ({ status: 200, body: '<!doctype html><title>Sign in</title>' }))
    const page = await stage.visit(context)
    await track(page, 1)
    expect(await flush(page)).toMatchObject({ sent: 0, waiting: 1 })
    stage.front.handle()
    await flush(page)
    await stage.expectEvents(1)
  })

  it('that is down is not asked more often by a page that flushes', async () => {
    await context.addInitScript(WAITS_LONG)
    stage.front.handle(async () => ({ status: 503 }))
    const page = await stage.visit(context)
    await track(page, 1)
    for (const _ of upTo(5)) await flush(page)
    const { length } = stage.front.requests
    // Longer than a record waits for others.
    await sleep(1500)
    expect(stage.front.requests).toHaveLength(length)
    stage.front.handle()
    await flush(page)
    await stage.expectEvents(1)
  })

  it('that asks a page for a pause that was left gets it when somebody comes back', async () => {
    pauseFirst('2')
    const page = await stage.visit(context)
    await flush(page)
    await page.evaluate(`(async () => {
      const turn = (value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value })
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
      }
      const { fetch } = globalThis
      const answered = new Promise((resolve) => {
        globalThis.fetch = async (...args) => {
          const response = await fetch(...args)
          setTimeout(resolve, 100)
          return response
        }
      })
      await heapEdge.track('E', { n: 1 })
      turn(true)
      await answered
      turn(false)
      await heapEdge.flush()
    })()`)
    expect(await pause()).toBeGreaterThan(1990)
    await stage.expectEvents(1)
  })
})

describe('a clock', () => {
  const wrongBy = (shift: number) =>
    context.addInitScript(`{
      globalThis.shift = ${shift}
      const Right = Date
      const now = () => Right.now() + globalThis.shift
      Date = class extends Right {
        static now = now
        constructor(...args) { super(...(args.length > 0 ? args : [now()])) }
      }
    }`)

  it.each([
    ['back by a year', YEAR_MS],
    ['forward by a year', -YEAR_MS],
  ])('that is put %s meanwhile leaves a pause as it is', async (_, shift) => {
    await wrongBy(shift)
    pauseFirst('2')
    const page = await stage.visit(context)
    await track(page, 1)
    await flush(page)
    await page.evaluate('globalThis.shift = 0; heapEdge.flush()')
    const ms = await pause()
    expect(ms).toBeGreaterThan(1990)
    expect(ms).toBeLessThan(6000)
    await stage.expectEvents(1)
  })

  it('that was a year ahead does not keep a session up for a year', async () => {
    await wrongBy(YEAR_MS)
    const before = await stage.visit(context)
    await track(before, 1)
    await flush(before)
    await wrongBy(40 * MINUTE_MS)
    await track(await stage.visit(context), 2)
    const [one, two] = await stage.expectEvents(1, 2)
    expect(one?.session_id).not.toBe(two?.session_id)
  })
})

describe('a browser', () => {
  const refuse = {
    localStorage:
      'Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("no", "SecurityError") } })',
    indexedDB: 'IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError") }',
    locks: 'Object.defineProperty(navigator, "locks", { value: undefined })',
  }

  it.each(['localStorage', 'locks'] as const)('without %s sends with the next page what waits', async (name) => {
    await context.addInitScript(refuse[name])
    stage.front.handle(async () => ({ status: 503 }))
    const page = await stage.visit(context)
    await track(page, 1, 2)
    expect(await flush(page)).toMatchObject({ sent: 0, waiting: 2 })
    await page.goto(`${stage.site}/elsewhere`)
    stage.front.handle()
    await page.goto(stage.site)
    expect(await stage.expectEvents(1, 2)).toHaveLength(2)
  })

  it('without any storage sends what it has when the page goes', async () => {
    await context.addInitScript(refuse.localStorage)
    await context.addInitScript(refuse.indexedDB)
    const page = await stage.visit(context)
    await track(page, 1)
    expect(await flush(page)).toMatchObject({ sent: 1, waiting: 0 })
    await track(page, 2)
    await page.goto(`${stage.site}/elsewhere`)
    const [one, two] = await stage.expectEvents(1, 2)
    expect(one?.user_id).toBe(two?.user_id)
  })
})

describe('a visitor', () => {
  it('has one session, whatever is called before it is stored', async () => {
    const page = await stage.visit(context)
    const session = await page.evaluate(async () => {
      const session = heapEdge.getSessionId()
      heapEdge.addEventProperties({ campaign: 'spring' })
      void heapEdge.track('E', { n: 1 })
      void heapEdge.identify('alice@example.com')
      await heapEdge.track('E', { n: 2 })
      return session
    })
    const tab = await stage.visit(context)
    await track(tab, 3)
    const sessions = (await stage.expectEvents(1, 2, 3)).map(({ session_id }) => session_id)
    expect(sessions).toEqual([session, session, session])
  })

  it('has one session in all tabs and on all pages, also before the first event', async () => {
    const page = await stage.visit(context)
    const session = (page: Page) => page.evaluate(() => heapEdge.getSessionId())
    const first = await session(page)
    expect(await session(await stage.visit(context))).toBe(first)
    await page.reload()
    expect(await session(page)).toBe(first)
  })

  it('keeps the identity that came after one that is refused', async () => {
    const page = await stage.visit(context)
    await page.evaluate((identity) => {
      void heapEdge.identify('guest')
      return heapEdge.identify(identity)
    }, ALICE)
    await expect.poll(() => flush(page)).toMatchObject({ rejected: 1, waiting: 0 })
    expect(await page.evaluate(() => heapEdge.getIdentity())).toBe(ALICE)
  })

  it('who withdraws consent and gives it again at once has nothing of before sent', async () => {
    let go = () => {}
    stage.front.handle(async (_, forward) => {
      await new Promise<void>((resolve) => (go = resolve))
      return forward()
    })
    const page = await stage.visit(context)
    await track(page, 1)
    // In a request of its own.
    await trackAs(page, ALICE, 2)
    await expect.poll(() => stage.front.requests.length).toBe(1)
    await page.evaluate(() => {
      heapEdge.stopTracking()
      heapEdge.startTracking()
    })
    stage.front.handle()
    go()
    await track(page, 3)
    const events = await stage.expectEvents(1, 3)
    expect(events.map(({ identity }) => identity)).toEqual([undefined, undefined])
  })

  it('who has stopped tracking stays so after a time with Global Privacy Control', async () => {
    const control = (value: boolean) =>
      context.addInitScript(
        `Object.defineProperty(navigator, 'globalPrivacyControl', { configurable: true, value: ${value} })`,
      )
    const page = await stage.visit(context)
    await page.evaluate(() => heapEdge.stopTracking())
    await control(true)
    await page.reload()
    await control(false)
    await page.reload()
    expect(await track(page, 1)).toEqual([{ outcome: 'ignored' }])
  })
})

describe('a page', () => {
  it('that makes mistakes is told, and no call throws or rejects', async () => {
    const page = await stage.visit(context)
    const warnings: string[] = []
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()))
    const outcomes = await page.evaluate(`(async () => {
      const circular = {}
      circular.self = circular
      const raise = (value) => { throw value }
      heapEdge.addEventProperties(circular)
      const results = await Promise.all([
        heapEdge.track('E', circular),
        heapEdge.track('E', { n: 10n }),
        heapEdge.track('E', { get n() { raise('a text') } }),
        heapEdge.track('E', { n: { toJSON: () => raise(null) } }),
        heapEdge.track('E', { get n() { raise(Object.freeze(new Error('is frozen'))) } }),
        heapEdge.track('E', { n: 10n }),
        heapEdge.addUserProperties(circular),
        heapEdge.addAccountProperties('acme', circular),
      ])
      return results.map(({ outcome }) => outcome)
    })()`)
    expect(outcomes).toEqual(Array(8).fill('rejected'))
    await track(page, 1)
    expect(await flush(page)).toMatchObject({ sent: 1, rejected: 8 })
    await stage.expectEvents(1)
    const calls = await page.evaluate<string[]>('told.map(({ record }) => typeof record?.[0] + (record?.length ?? 0))')
    expect(calls.sort()).toEqual(['object1', ...Array(7).fill('string2'), 'undefined0'])
    expect(warnings.filter((text) => text.includes('BigInt'))).toHaveLength(1)
  })

  it('whose visitor says no and then yes keeps what is tracked after that', async () => {
    const page = await stage.visit(context)
    const outcomes = await page.evaluate(`(() => {
      heapEdge.stopTracking()
      heapEdge.startTracking()
      return Promise.all([heapEdge.identify('yes@example.com'), heapEdge.track('E', { n: 1 })])
    })()`)
    expect(outcomes).toEqual([{ outcome: 'stored' }, { outcome: 'stored' }])
    await flush(page)
    await stage.expectEvents(1)
    expect(stage.front.requests.map(({ path }) => path)).toContain('/api/v1/identify')
  })

  it('that went between its two stores left a record in both, which is sent once', async () => {
    const page = await stage.visit(context)
    stage.front.handle(async () => ({ status: 503 }))
    await track(page, 1)
    await flush(page)
    await page.evaluate(`new Promise((copied) => {
      indexedDB.open('heap-edge.123456789').onsuccess = ({ target: { result } }) => {
        result.transaction('events').objectStore('events').getAll().onsuccess = ({ target: { result: rows } }) => {
          for (const row of rows) localStorage[row.key] = JSON.stringify(row)
          copied()
        }
      }
    })`)
    stage.front.handle()
    const before = stage.front.requests.length
    expect(await flush(page)).toMatchObject({ sent: 1, waiting: 0 })
    await stage.expectEvents(1)
    expect(stage.front.requests.slice(before).map(({ ns }) => ns)).toEqual([[1]])
  })

  it('with an option that is wrong goes on, and no call of it stays open', async () => {
    const page = await stage.visit(context, '/snippet')
    const results = await page.evaluate(`(() => {
      const told = []
      const early = heapEdge.track('Early')
      heapEdge.load('env-123', { onError: ({ message }) => told.push(message) })
      return Promise.all([early, heapEdge.track('Later')]).then((results) => [results.map((result) => result ?? null), told])
    })()`)
    expect(results).toEqual([[null, null], ['bad endpoint/appId']])
    expect(stage.errors.splice(0)).toEqual([expect.stringContaining('bad endpoint/appId')])
  })

  const addScript = (page: Page, attributes: object = {}) =>
    page.evaluate(
      `new Promise((onload) => document.head.append(Object.assign(document.createElement('script'), ${JSON.stringify(attributes)}, { src: ${JSON.stringify(`${stage.front.url}/heap-edge.js`)}, onload })))`,
    )

  it('with clients of two environments keeps them apart', async () => {
    const page = await stage.visit(context)
    await page.evaluate('globalThis.one = heapEdge')
    await addScript(page)
    await page.evaluate(`(async () => {
      heapEdge.load('987654321', { onError: () => told.push('two') })
      await one.identify('alice@example.com')
      await one.track('E', { n: 1 })
      await heapEdge.track('E', { n: 2 })
      await heapEdge.track('', { n: 3 })
      await Promise.all([one.flush(), heapEdge.flush()])
      heapEdge.stopTracking()
      await one.track('E', { n: 4 })
    })()`)
    const events = await stage.expectEvents(1, 2, 4)
    const byNumber = Object.fromEntries(events.map((event) => [event.properties.n, event]))
    expect(byNumber).toMatchObject({
      1: { app_id: '123456789', identity: ALICE },
      2: { app_id: '987654321' },
      4: { app_id: '123456789', identity: ALICE },
    })
    expect(byNumber[2]?.identity).toBeUndefined()
    await expect.poll(() => page.evaluate(() => told)).toEqual(['two'])
  })

  it('with the tag twice tracks once', async () => {
    const page = await stage.visit(context, '/tag')
    await addScript(page)
    await track(page, 1)
    await stage.expectEvents(1)
    expect(await flush(page)).toMatchObject({ waiting: 0 })
    await stage.expectEvents(1)
  })

  it('that loads again what the snippet has loaded does not make the early calls again', async () => {
    let go = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    const page = await context.newPage()
    await page.route('**/heap-edge.js', async (route) => {
      await gate
      await route.continue()
    })
    await page.goto(`${stage.site}/snippet`, { waitUntil: 'commit' })
    const early = page.evaluate(`(async () => {
      globalThis.kept = heapEdge
      const first = kept.track('E', { n: 1 })
      kept.load('123456789', options)
      // Heap has such a call, heap-edge has not.
      await Promise.all([first, kept.trackPageview()])
      kept.load('123456789', options)
    })()`)
    go()
    await early
    await track(page, 2)
    await expect.poll(() => flush(page)).toMatchObject({ waiting: 0 })
    await stage.expectEvents(1, 2)
  })

  it('that goes on with the stub while its early calls are made has all of them', async () => {
    const page = await context.newPage()
    await page.goto(`${stage.site}/snippet`, { waitUntil: 'commit' })
    await page.evaluate(`{
      const kept = heapEdge
      kept.load('123456789', options)
      kept.onReady(() => kept.track('E', { n: 1 }))
      kept.track('E', { n: 2 })
    }`)
    expect(await stage.expectEvents(1, 2)).toHaveLength(2)
  })

  it("of which the cookie of Heap's script is gone has ids of its own", async () => {
    const value = encodeURIComponent(JSON.stringify({ userId: '4242', sessionId: '88' }))
    await context.addCookies([{ name: '_hp5_meta.123456789', value, url: stage.site }])
    const page = await stage.visit(context)
    expect(await page.evaluate(() => heapEdge.getUserId())).toBe('4242')
    await context.clearCookies()
    await page.evaluate(() => {
      heapEdge.stopTracking()
      heapEdge.startTracking()
    })
    expect(await page.evaluate(() => heapEdge.getUserId())).not.toBe('4242')
  })
})

describe('where identities have to be proven', () => {
  let token: () => Promise<string | null>
  beforeEach(async () => {
    await context.exposeFunction('token', () => token())
    await context.addInitScript('globalThis.options = { identityToken: () => token() }')
  })

  it.each<[string, typeof token]>([
    ['there is no token', async () => null],
    ['what comes for a token is a page to sign in', async () => '<!doctype html>\n<p>Melde dich an – bitte'],
    ['asking for a token fails', () => Promise.reject(new Error('Not signed in'))],
  ])('and %s, the records of the identity wait for the next page', async (_, without) => {
    token = without
    const page = await stage.visit(context)
    await track(page, 1)
    await trackAs(page, ALICE, 2)
    await page.evaluate(() => heapEdge.resetIdentity())
    await track(page, 3)
    // The identification and the event.
    expect(await flush(page)).toEqual({ sent: 2, rejected: 0, dropped: 0, waiting: 2 })
    await stage.expectEvents(1, 3)
    token = () => signIdentity(ALICE, SECRET)
    await page.reload()
    await stage.expectEvents(1, 2, 3)
    await expect.poll(() => flush(page)).toMatchObject({ waiting: 0 })
  })

  it('tokens are renewed, and who has none waits alone', async () => {
    const tokens: (string | null)[] = []
    token = async () => tokens.shift() ?? null
    const page = await stage.visit(context)
    const sign = (expiresIn: number, at: number) => signIdentity(ALICE, SECRET, { expiresIn, now: () => at })
    tokens.push(await sign(60, Date.now() - 60 * MINUTE_MS), await sign(60, Date.now()))
    await trackAs(page, ALICE, 1)
    await stage.expectEvents(1)
    await trackAs(page, 'bob@example.com', 2)
    await page.evaluate(() => heapEdge.resetIdentity())
    await track(page, 3)
    await stage.expectEvents(1, 3)
    expect(await flush(page)).toMatchObject({ rejected: 0, waiting: 2 })
    // The token that is not his is taken for nobody else.
    const bobs = stage.front.requests.filter(({ body }) => body.identity === 'bob@example.com')
    expect(bobs.map(({ authorization }) => authorization)).toEqual([undefined])
  })
})
