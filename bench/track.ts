/**
 * `npm run bench:track`: what `track()` costs the page that calls it, in Chromium, beside a bare `queueMicrotask(() => {})` in the
 * same page and the same run; and whether that is within 50 microseconds of the main thread at the median.
 *
 * The first table is the call itself, by the page's clock: in a row, where it is at its fastest, and with a task to itself, as a
 * page calls it. The second is all that a call causes: beside the call also the tasks in which its record is written to IndexedDB
 * and, where it is sent, sent and removed. Counted there is the time that the main thread had a core. The bare call has timers
 * around it too, so that what counts is the difference.
 *
 *     npm run bench:track -- --rounds 3 --batches 70 --calls 400 --every 5
 * @module
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { type Browser, chromium, type Page } from 'playwright'
import { BROWSER_ARGS, findBrowser } from '../scripts/browser.ts'
import { build } from '../scripts/build.ts'
import { numbers } from './numbers.ts'
import { watchStorage } from './touches.ts'
import { callAll, forget, sendAll, setUp, subjects, timeBatches } from './track-calls.ts'
import { startTrackSite } from './track-page.ts'
import { noTimes, printCalls, printMainThread } from './track-report.ts'

const { rounds, batches, calls, every } = numbers({ rounds: 3, batches: 70, calls: 400, every: 5 })

/** Calls of a batch: enough for the clock, and of `track` no more than a busy page makes. */
const IN_A_ROW = { bare: 2000, 2: 50, 20: 50 }

/** What is measured. */
const tables = () => ({
  calls: { 'in a row': noTimes(), [`one every ${every} ms`]: noTimes() },
  mainThread: {
    [`one every ${every} ms, stored`]: noTimes(),
    [`one every ${every} ms, stored and sent`]: noTimes(),
    [`${calls} at once, stored`]: noTimes(),
    [`${calls} at once, stored and sent`]: noTimes(),
  },
})

interface Opened {
  page: Page
  /** Whether its records are sent. */
  isSent: boolean
  /** How long the main thread has been at work, in microseconds. */
  worked: () => Promise<number>
}

async function open(browser: Browser, url: string, endpoint: string, isSent: boolean): Promise<Opened> {
  const page = await browser.newPage()
  await page.goto(url)
  await page.evaluate(setUp, endpoint)
  const session = await page.context().newCDPSession(page)
  // Ticks of the thread: what else the machine does is not counted.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return {
    page,
    isSent,
    worked: async () => {
      const { metrics } = await session.send('Performance.getMetrics')
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1e6
    },
  }
}

/** One round, in which all subjects take turns. */
async function measure({ page, isSent, worked }: Opened, into: ReturnType<typeof tables>): Promise<void> {
  for (const subject of subjects) {
    const input = { subject, batches, calls: IN_A_ROW[subject] }
    if (isSent) into.calls['in a row']?.[subject].push(...(await page.evaluate(timeBatches, input)))
    for (const [pause, way] of [
      [every, `one every ${every} ms`],
      [0, `${calls} at once`],
    ] as const) {
      await page.evaluate(forget)
      const before = await worked()
      const times = await page.evaluate(callAll, { subject, calls, every: pause })
      if (isSent && (await page.evaluate(sendAll)) > 0) throw new Error('Records were not sent')
      into.mainThread[`${way}, stored${isSent ? ' and sent' : ''}`]?.[subject].push(((await worked()) - before) / calls)
      into.calls[way]?.[subject].push(...times)
    }
  }
}

/** What `track` touches of the page's storages before it returns. */
async function touches(browser: Browser, url: string, endpoint: string): Promise<string[]> {
  const page = await browser.newPage()
  await page.addInitScript(watchStorage)
  await page.goto(url)
  await page.evaluate(setUp, endpoint)
  return page.evaluate("touched.length = 0; heapEdge.track('Viewed', { plan: 'pro' }); [...touched]")
}

await build()
const site = await startTrackSite()
const browser = await chromium.launch({ executablePath: findBrowser(), args: BROWSER_ARGS })
const measured = tables()
const touched: string[] = []
try {
  const { taking, busy } = site.endpoints
  touched.push(...(await touches(browser, site.url, taking)))
  const pages = [await open(browser, site.url, taking, true), await open(browser, site.url, busy, false)]
  // A first time for nothing, so that everything is compiled.
  for (const page of pages) await measure(page, tables())
  for (let round = 1; round <= rounds; round++) {
    for (const page of pages) await measure(page, measured)
    console.error(`round ${round} of ${rounds}`)
  }
} finally {
  await browser.close()
  site.stop()
}

const [load = 0] = loadavg()
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, load ${load.toFixed(1)}; Chromium ${browser.version()}`,
)
console.log('Storage that the call touches before it returns:', touched.join(', ') || 'none')
console.log('The call itself')
printCalls(measured.calls)
console.log('All that it causes on the main thread')
printMainThread(measured.mainThread)
