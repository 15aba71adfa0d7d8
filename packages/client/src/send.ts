/**
 * One request, tried again until an answer comes that will not change or the time is up.
 * @module
 */
import { readAnswer } from './answer.ts'
import { type HeapError, HeapUnavailableError } from './errors.ts'
import type { Settings } from './options.ts'
import type { Ending } from './results.ts'
import { retryDelay } from './retry.ts'

/** Never rejects. Once the signal is aborted it ends as failed, with the signal's reason. */
export async function send(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  settings: Settings,
  signal?: AbortSignal,
): Promise<Ending> {
  const { fetch, now, random, sleep, timeout, retry } = settings
  const giveUpAt = now() + retry.giveUpAfter

  for (let attempt = 0; ; attempt++) {
    if (signal?.aborted) return { outcome: 'failed', error: signal.reason }
    const inTime = AbortSignal.timeout(timeout)
    let ending: Ending
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: signal ? AbortSignal.any([signal, inTime]) : inTime,
      })
      // Read to its end, within the time, so that the connection is free. What breaks off here has answered already.
      ending = readAnswer(url, response, await response.text().catch(() => ''), now())
    } catch (cause) {
      ending = {
        outcome: 'failed',
        error: new HeapUnavailableError(`${url} did not answer: ${cause as string}`, { cause }),
      }
    }
    if (ending.outcome !== 'failed') return ending
    if (signal?.aborted) continue
    const wait = retryDelay(attempt, (ending.error as HeapError).retryAfterMs, retry, random)
    if (now() + wait >= giveUpAt) return ending
    await sleep(wait, signal)
  }
}
