/**
 * What `createHeap` takes, checked at once: a mistake shows where it was made and not with the first event.
 * @module
 */
import type { INGEST_ORIGINS, RECORDS_PER_REQUEST, Region } from '@heap-edge/contract'
import type { Check } from './prepare.ts'
import type { Backoff } from './retry.ts'
import { trimmed } from './trimmed.ts'

/** What the client asks of `fetch`; the global one of any runtime does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The retries of one request, in milliseconds. */
export interface RetryOptions extends Backoff {
  /** Counted from the first attempt of a request: no attempt starts later. 0 is for no retries at all. */
  giveUpAfter: number
}

interface CommonOptions {
  /** Heap's data centre, where no `endpoint` is given. Default `us`. */
  region?: Region | undefined
  /**
   * Looks at every record before it is sent. Default: none, since a heap-edge proxy does it; give the one of
   * `heap-edge/check` where the client writes to Heap directly.
   */
  check?: Check
  /** Records in one request, 1 to 1000. Default 1000, Heap's limit; more are never sent in one. */
  maxRecords?: number
  /** Milliseconds for one attempt. Default 10 000. */
  timeout?: number
  /** Default: waits of up to 500 ms, twice that each time up to 30 s, for 120 s in all. */
  retry?: Partial<RetryOptions>
  /** Default: the global `fetch`, as it is when a request is sent. */
  fetch?: Fetch
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: () => number
  /** From 0 to 1. Default `Math.random`. */
  random?: () => number
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. Default: a timer. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** A new idempotency key. Default: `crypto.randomUUID`. */
  uuid?: () => string
}

/** The environment id may be left out where the endpoint knows it, as a heap-edge proxy does. */
export type HeapOptions = CommonOptions &
  (
    | {
        /** The environment id, a string of digits. */
        appId: string | number
        /** Origin or base URL that stands in for Heap's: a heap-edge proxy, the sandbox, any other. */
        endpoint?: string | URL | undefined
      }
    | { appId?: string | number | undefined; endpoint: string | URL }
  )

/** The options, complete and valid. */
export interface Settings extends Required<Omit<CommonOptions, 'region' | 'retry' | 'check'>> {
  check?: Check
  /** Empty where the endpoint fills it in. */
  appId: string
  /** Without a slash at the end. */
  base: string
  retry: RetryOptions
}

const mostRecords: typeof RECORDS_PER_REQUEST = 1000
const origins: typeof INGEST_ORIGINS = { us: 'https://heapanalytics.com', eu: 'https://c.eu.heap-api.com' }

function timer(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timeout)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timeout = setTimeout(wake, ms)
    signal?.addEventListener('abort', wake)
  })
}

/** @throws TypeError that says which option is wrong */
export function readOptions(options: HeapOptions): Settings {
  const { appId = '', endpoint, region = 'us', maxRecords = mostRecords, retry, ...rest } = options
  const id = trimmed(appId)
  const base = trimmed(endpoint ?? origins[region])
  if (/\D/.test(id) || (!id && !endpoint)) throw new TypeError('appId must be digits')
  if (!/^https?:\/\/[^\s?#]+$/.test(base)) throw new TypeError("endpoint must be a URL, region 'us' or 'eu'")
  return {
    // Whatever is called without a `this`, as some runtimes want of their own functions.
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    random: Math.random,
    sleep: timer,
    uuid: () => crypto.randomUUID(),
    timeout: 10_000,
    ...rest,
    appId: id,
    base,
    maxRecords: Math.min(maxRecords, mostRecords),
    retry: { giveUpAfter: 120_000, base: 500, max: 30_000, ...retry },
  }
}
