/**
 * One request to Heap, and what its answer means for the records in it.
 * @module
 */
import { errorMessage } from '@heap-edge/contract'
import { statedDelay } from 'heap-edge/retry'

/** More of an answer is not read. */
const ANSWER_BYTES = 4096

/** The longest that Heap may tell us to wait, in ms; a larger number is an error of theirs. */
const LONGEST_WAIT_MS = 3_600_000

/** A request that has had no answer, or none yet, has reached Heap after this time, in ms: under load, some take longer. */
export const ARRIVAL_MS = 2000

/**
 * What became of the records: Heap has them, refuses them for good, or does not take them now. A request that is `unanswered`
 * may still arrive.
 */
export type Delivery =
  | { kind: 'delivered' }
  | { kind: 'refused'; status: number; reason: string | undefined }
  | { kind: 'not-now'; problem: string; retryAfterMs?: number | undefined; unanswered?: boolean }

/**
 * Sends a request to Heap. Never throws.
 *
 * @param url the full address
 * @param body a request as Heap takes it, as JSON
 * @param timeoutMs how long Heap may take to answer
 */
export async function forward(url: string, body: string, timeoutMs: number): Promise<Delivery> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return timedOut
      ? { kind: 'not-now', problem: `Heap did not answer in ${timeoutMs} ms`, unanswered: true }
      : { kind: 'not-now', problem: 'The connection to Heap failed' }
  }
  const { ok, status } = response
  // Read, not cancelled, even where nobody asks for it: the connection is used again only then.
  const text = await beginning(response)
  // A page to sign in, or any other, is from somebody else than Heap.
  if (ok && /^\s*</.test(text))
    return { kind: 'not-now', problem: `Heap answered ${status} with a page: it may be another server` }
  if (ok) return { kind: 'delivered' }
  // Heap's refusals, but not those that say that the route or the proxy itself is in trouble.
  if (status === 400 || status === 413 || status === 422) return { kind: 'refused', status, reason: errorMessage(text) }
  const stated = statedDelay(response.headers, Date.now())
  return {
    kind: 'not-now',
    problem: `Heap answered ${status}`,
    retryAfterMs: stated === undefined ? undefined : Math.min(stated, LONGEST_WAIT_MS),
  }
}

/** The first few kB of an answer as text; the rest is not waited for. */
async function beginning(response: Response): Promise<string> {
  const length = Number(response.headers.get('Content-Length') ?? Number.NaN)
  let text = ''
  try {
    if (length <= ANSWER_BYTES) return await response.text()
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length >= ANSWER_BYTES) break
    }
  } catch {
    // What came before the connection broke is enough.
  }
  return text.slice(0, ANSWER_BYTES)
}
