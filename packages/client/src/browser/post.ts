/**
 * One request to the proxy, sent once.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import type { HeapError } from '../errors.ts'
import { requestError } from './errors.ts'

/** How long an attempt may take, in ms. */
const TIMEOUT_MS = 10_000

/** Gives the error where the proxy has not taken the records; it has no status where there was no answer. Never rejects. */
export async function post(
  url: string,
  body: string,
  token: string | null | undefined,
  keepalive: boolean,
): Promise<HeapError | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      // A token that no header may have would be taken for a network that is down.
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${encodeURI(token)}` }) },
      body,
      keepalive,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    // Read to its end, so that the connection is free. What breaks off here has answered already.
    const answer = (await response.json().catch(() => 0)) as { detail?: string; errors?: Problem[] } | null
    const { status, headers } = response
    // What answers without JSON is not the proxy.
    if (status < 300 && answer) return
    // Both forms, in little room. A date is by the proxy's clock; the one here may be wrong.
    const after = headers.get('retry-after') as string
    const now = Date.parse(headers.get('date') as string) || Date.now()
    return requestError(`${url} ${status}: ${answer?.detail}`, {
      status,
      problems: ([] as Problem[]).concat(answer?.errors ?? []),
      retryAfterMs: Math.max(0, +after * 1000 || Date.parse(after) - now || 0),
    })
  } catch (cause) {
    return requestError(`${url}: ${cause as string}`)
  }
}
