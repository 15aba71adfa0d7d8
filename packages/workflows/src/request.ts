/**
 * One request, once: the workflow engine repeats a step, so that an action need not.
 * @module
 */
import { readBody } from './body.ts'
import { ActionError } from './errors.ts'
import type { CallOptions } from './options.ts'

/** What is asked of whom. */
export interface Asked {
  /** The action, for errors. */
  action: string
  /** Who is asked, for errors in place of an address. */
  of: string
  url: string
  method?: 'GET' | 'POST' | 'PUT'
  headers?: Record<string, string>
  body?: string
  /** What no error may show, whoever echoes it. */
  secrets: readonly string[]
  /** Bytes of a good answer; a longer one is an error. Default 1 000 000. */
  mostBytes?: number
}

/** An answer of any status, read to its end; one that is no success, up to its first 64 000 bytes. */
export interface Answer {
  ok: boolean
  status: number
  headers: Headers
  text: string
}

const MOST_ERROR_BYTES = 64_000

/**
 * @throws ActionError that may be retried where no whole answer came in time, or not where it was too long
 * @throws the signal's reason
 */
export async function ask(
  asked: Asked,
  { fetch = globalFetch, timeout = 10_000, signal }: CallOptions,
): Promise<Answer> {
  const { action, of, url, method = 'GET', headers, body, mostBytes = 1_000_000 } = asked
  signal?.throwIfAborted()
  const inTime = AbortSignal.timeout(timeout)
  let response: Response
  let text: string | undefined
  try {
    response = await fetch(url, {
      method,
      headers: { Accept: 'application/json', ...headers },
      body: body ?? null,
      // What is secret must not go where somebody else points to.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, inTime]) : inTime,
    })
    // What breaks off after a failure has said enough; what breaks off after a success has not.
    text = response.ok
      ? await readBody(response, mostBytes, 'refuse')
      : await readBody(response, MOST_ERROR_BYTES, 'cut').catch(() => '')
  } catch (cause) {
    signal?.throwIfAborted()
    // What fetch threw may name the address or a header, so only its code is told.
    const why = inTime.aborted ? `did not answer in ${timeout} ms` : `could not be reached${codeOf(cause)}`
    throw new ActionError(action, `${of} ${why}`, { retryable: true })
  }
  const { ok, status } = response
  if (text === undefined) {
    throw new ActionError(action, `${of} answered with more than ${mostBytes} bytes`, { status, retryable: false })
  }
  return { ok, status, headers: response.headers, text }
}

// Called without a `this`, as some runtimes want of their own functions, and as it is when a request is sent.
const globalFetch: NonNullable<CallOptions['fetch']> = (url, init) => fetch(url, init)

/** Node puts its code, such as ECONNREFUSED, into the cause of the error. */
function codeOf(thrown: unknown): string {
  const { code, cause } = Object(thrown) as { code?: unknown; cause?: { code?: unknown } }
  const found = [code, cause?.code].find((code): code is string => typeof code === 'string')
  return found !== undefined && /^[A-Z_]{2,40}$/.test(found) ? ` (${found})` : ''
}
