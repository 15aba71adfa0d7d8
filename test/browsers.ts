/**
 * The browsers that the tests of a page run in: Chromium, and Firefox where it is asked for, both with Playwright's API.
 *
 *     describe.each(browsers())('a page in $name', ({ open }) => { … })
 * @module
 */
import { existsSync } from 'node:fs'
import playwright, { type Browser, type BrowserContext, type BrowserType, type LaunchOptions } from 'playwright'
import { BROWSER_ARGS } from '../scripts/browser.ts'

export interface TestBrowser {
  name: 'Chromium' | 'Firefox'
  /** Starts it. Each `newContext()` has storage of its own, and starts faster than a process. */
  launch: () => Promise<Browser>
  /** Starts it with a profile, a folder that outlives the process; with one that is gone at the end where none is named. */
  open: (profile?: string) => Promise<BrowserContext>
}

const FIREFOX_PREFERENCES = {
  // Playwright waits for ever for a page that comes back out of this cache. It turns that of Chromium off by itself.
  'browser.sessionhistory.max_total_viewers': 0,
}

interface Message {
  id: number
  method: string
}

/** The ends of the WebSocket to Firefox. */
interface Transport {
  send(message: Message): void
  onmessage?(answer: object): void
}

/** What there is behind an object of Playwright's API, which runs in this process. There is no public way to it. */
function behind(object: object): unknown {
  const { _connection: connection } = object as { _connection: { toImpl(object: object): unknown } }
  return connection.toImpl(object)
}

/**
 * Playwright begins with a command that Firefox 153, Debian's, does not know, and gives up; nothing here needs what it does.
 * To be taken away once Debian's Firefox knows it.
 */
function withoutMediaFeatures(): void {
  const { _bidiFirefox: bidi } = behind(playwright.firefox) as {
    _bidiFirefox: { connectToTransport(transport: Transport, ...others: unknown[]): Promise<unknown> }
  }
  const connect = bidi.connectToTransport.bind(bidi)
  bidi.connectToTransport = (transport, ...others) => {
    const send = transport.send.bind(transport)
    transport.send = (message) => {
      if (message.method !== 'emulation.setMediaFeaturesOverride') return send(message)
      queueMicrotask(() => transport.onmessage?.({ type: 'success', id: message.id, result: {} }))
    }
    return connect(transport, ...others)
  }
}

function testBrowser(name: TestBrowser['name'], type: BrowserType, options: LaunchOptions): TestBrowser {
  return {
    name,
    launch: () => type.launch(options),
    open: (profile = '') => type.launchPersistentContext(profile, options),
  }
}

/**
 * `FIREFOX=/usr/bin/firefox-esr npm test` runs them there too, which takes a minute more.
 *
 * @throws where there is none
 */
function firefoxPath(): string | undefined {
  const path = process.env.FIREFOX
  if (path && !existsSync(path)) throw new Error(`FIREFOX is set to ${path}, and there is nothing.`)
  return path
}

export const chromium = testBrowser('Chromium', playwright.chromium, {
  executablePath: process.env.CHROMIUM ?? '',
  args: BROWSER_ARGS,
})

export function browsers(): TestBrowser[] {
  const executablePath = firefoxPath()
  if (!executablePath) return [chromium]
  withoutMediaFeatures()
  // The channel says how to talk to it: a Firefox as it comes, not the one that Playwright builds.
  const options = { channel: 'moz-firefox', executablePath, firefoxUserPrefs: FIREFOX_PREFERENCES }
  return [chromium, testBrowser('Firefox', playwright.firefox, options)]
}

/** Kills the browser of a context, as a crash would: nothing of it runs any more, no `pagehide` and no write. */
export async function kill(context: BrowserContext): Promise<void> {
  const browser = context.browser()
  if (!browser) throw new Error('The context has no browser')
  const { options } = behind(browser) as { options: { browserProcess: { kill(): Promise<void> } } }
  await options.browserProcess.kill()
}
