/**
 * All that a test of the browser client plays on: a site, the proxy behind its front, the sandbox; and what came of it.
 * @module
 */
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { TestBrowser } from '../browsers.ts'
import { type Local, startLocal } from '../local.ts'
import { type Front, startFront } from './front.ts'
import { startSite } from './site.ts'

/** An event as the sandbox lists it. */
export interface Held {
  event: string
  identity?: string
  user_id?: string
  session_id: string
  properties: Record<string, unknown> & { n: number }
  timestamp: string
}

export interface Stage {
  site: string
  front: Front
  local: Local
  /** Empties the sandbox, and lets all through again. */
  reset(): Promise<void>
  /** Opens a page of the site, and writes down its errors. */
  visit(context: BrowserContext, path?: string): Promise<Page>
  /** What went wrong in the pages since the last reset, also against their Content-Security-Policy. */
  errors: string[]
  /** Oldest first. */
  events(): Promise<Held[]>
  /** Sees that nothing went wrong. */
  expectNoErrors(): void
  /** Waits until the sandbox has an event of each of these numbers, and sees that it has no other and none twice. */
  expectEvents(...ns: number[]): Promise<Held[]>
  stop(): Promise<unknown>
}

/** The numbers from 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

async function startStage(settings: Record<string, string> = {}): Promise<Stage> {
  const front: Front = await startFront(() => local.proxy)
  const site = await startSite(() => front.url)
  const local = await startLocal({ ALLOWED_ORIGINS: site.url, ...settings })
  let errors: string[] = []

  async function events(): Promise<Held[]> {
    return (await local.held<{ events: Held[] }>('events?limit=100000')).events.toReversed()
  }

  return {
    site: site.url,
    front,
    local,
    events,
    get errors() {
      return errors
    },

    async reset() {
      await front.reset()
      errors = []
      await fetch(`${local.sandbox}/_sandbox/reset`, { method: 'POST' })
    },

    async visit(context, path = '/') {
      const page = await context.newPage()
      // That a request failed is what many tests are about; to Firefox it is an error of the page.
      const isOfNetwork = /Failed to load resource|CORS|NetworkError/
      const note = (text: string) => isOfNetwork.test(text) || errors.push(text)
      page.on('pageerror', ({ message }) => note(message))
      page.on('console', (message) => message.type() === 'error' && note(message.text()))
      await page.goto(site.url + path)
      return page
    },

    async expectEvents(...ns) {
      const numbers = async () => (await events()).map(({ properties }) => properties.n).sort((a, b) => a - b)
      await expect.poll(numbers).toEqual(ns)
      return events()
    },

    expectNoErrors: () => expect(errors).toEqual([]),
    stop: () => Promise.all([local.stop(), front.stop(), site.stop()]),
  }
}

/**
 * Before each test of a block: `set` gets a stage with nothing on it, and a context of the browser that nobody has used. After it:
 * nothing went wrong in its pages.
 *
 * @param settings of the proxy
 */
export function playIn(
  { launch }: TestBrowser,
  set: (stage: Stage, context: BrowserContext) => unknown,
  settings?: Record<string, string>,
): void {
  let stage: Stage
  let browser: Browser
  let context: BrowserContext
  beforeAll(async () => void ([stage, browser] = await Promise.all([startStage(settings), launch()])))
  afterAll(() => Promise.all([stage.stop(), browser.close()]))
  beforeEach(async () => {
    await stage.reset()
    context = await browser.newContext()
    await set(stage, context)
  })
  afterEach(async () => {
    await context.close()
    stage.expectNoErrors()
  })
}

/** A script for a page: whoever in it wants to wait for so many ms waits less. */
export const shorten = (from: number, to: number) => `{
  const { setTimeout } = globalThis
  globalThis.setTimeout = (act, ms, ...others) => setTimeout(act, ms === ${from} ? ${to} : ms, ...others)
}`

/** For tests that are not about how long a record waits for others. */
export const GATHERS_SOON = shorten(1000, 50)
