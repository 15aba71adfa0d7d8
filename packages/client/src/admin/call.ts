/**
 * One call: attempts until an answer comes that will not change or the time is up, each with credentials that hold.
 * @module
 */
import { readAnswer } from '../answer.ts'
import { type HeapError, HeapUnavailableError, isHeapRateLimitError, isHeapUnavailableError } from '../errors.ts'
import { retryDelay } from '../retry.ts'
import { readText } from './body.ts'
import type { AdminSettings } from './options.ts'
import { hideInBody, hideInCause, hiding } from './secrets.ts'

/** What is sent. */
export interface Call {
  method: string
  url: string
  /** JSON. */
  body?: string | undefined
  /** May be sent again where nobody knows what became of it. After a 429, which did nothing, any call may. */
  repeatable: boolean
}

/** How a call is authorized. */
export interface Credentials {
  /** The `Authorization` of the next attempt. */
  header(signal?: AbortSignal): Promise<string>
  /** Told which header was answered 401, where another can be got. */
  renew?(header: string): void
}

/** A good answer. */
export interface Answer {
  status: number
  headers: Headers
  text: string
}

/** Bytes that are read of an answer which is no success: enough to say why. */
const mostErrorBytes = 64_000

/**
 * @returns the answer, which is a 2xx and read to its end
 * @throws HeapRequestError, HeapRateLimitError, HeapUnavailableError, and the signal's reason
 */
export async function perform(
  call: Call,
  settings: AdminSettings,
  credentials?: Credentials,
  signal?: AbortSignal,
): Promise<Answer> {
  const { now, random, sleep, retry } = settings
  const giveUpAt = now() + retry.giveUpAfter
  let renewed = false

  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    const authorization = await credentials?.header(signal)
    try {
      return await once(call, settings, authorization, signal)
    } catch (caught) {
      signal?.throwIfAborted()
      const error = caught as HeapError
      if (error.status === 401 && authorization && credentials?.renew && !renewed) {
        renewed = true
        credentials.renew(authorization)
        continue
      }
      if (!isHeapRateLimitError(error) && !(call.repeatable && isHeapUnavailableError(error))) throw error
      const wait = retryDelay(attempt, error.retryAfterMs, retry, random)
      if (now() + wait >= giveUpAt) throw error
      await sleep(wait, signal)
    }
  }
}

/** One attempt. */
async function once(
  { method, url, body }: Call,
  { fetch, now, timeout, secrets }: AdminSettings,
  authorization?: string,
  signal?: AbortSignal,
): Promise<Answer> {
  // Without the query, which may hold a record.
  const where = `${method} ${url.replace(/\?.*/, '')}`
  const hide = hiding(authorization ? [...secrets, authorization.replace(/^\w+ /, '')] : secrets)
  const inTime = AbortSignal.timeout(timeout)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method,
      headers: {
        ...(authorization && { authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body ?? null,
      // The token must not go where somebody else points to.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, inTime]) : inTime,
    })
    // What breaks off after a failure has said enough; what breaks off after a success has not.
    text = response.ok ? await readText(response) : await readText(response, mostErrorBytes).catch(() => '')
  } catch (cause) {
    throw new HeapUnavailableError(`${where} did not answer: ${hide(String(cause))}`, {
      cause: hideInCause(cause, hide),
    })
  }
  if (response.ok) return { status: response.status, headers: response.headers, text }
  throw readAnswer(where, response, hideInBody(text, hide), now()).error
}
