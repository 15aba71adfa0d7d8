/**
 * A sender: each request again and again until it is accepted, and only then the next one.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadRequest } from './load.ts'
import { between, type Random } from './random.ts'
import type { Tally } from './tally.ts'

/** The longest that a `Retry-After` is waited for, in ms. */
const LONGEST_WAIT_MS = 2000

/** Far more than the proxy may need: it gives Heap two seconds. */
const ANSWER_MS = 30_000

const LOOK_AGAIN_MS = 25

/** What the senders share. */
export interface Sending {
  tally: Tally
  url: () => string
  /** False while the proxy is down, or a kill has to come first. */
  mayGoOn: () => boolean
  stop: AbortSignal
}

/** Sends all of it. */
export async function sendAll(load: Iterable<LoadRequest>, sending: Sending, random: Random): Promise<void> {
  for (const request of load) {
    for (let waitMs: number | undefined; (waitMs = await attempt(request, sending, random)) !== undefined;) {
      await sleep(waitMs)
    }
  }
}

/** Sends a request once: nothing where it is accepted, or after how many ms to send it again. */
async function attempt(
  request: LoadRequest,
  { tally, url, mayGoOn, stop }: Sending,
  random: Random,
): Promise<number | undefined> {
  // Connections that are refused while the proxy starts would take the CPU that it needs for that.
  while (!mayGoOn() && !stop.aborted) await sleep(LOOK_AGAIN_MS)
  stop.throwIfAborted()
  const again = between(random, 20, 200)
  tally.sent++
  let response: Response
  let text: string
  try {
    response = await fetch(url() + request.path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: request.body,
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    text = await response.text()
  } catch (error) {
    tally.lastRefusal = String(error)
    return again
  }
  const { status, headers } = response
  if (status === 200 || status === 202) {
    tally.accept(status, request)
    return
  }
  tally.lastRefusal = `${status} ${text}`
  // Sending it again would never help: an error of this test, or of the proxy.
  if (status < 500 && status !== 429) throw new Error(`${request.path} was answered ${tally.lastRefusal}`)
  const statedMs = Number(headers.get('Retry-After') ?? Number.NaN) * 1000
  return statedMs >= 0 ? Math.min(statedMs, LONGEST_WAIT_MS) : again
}
