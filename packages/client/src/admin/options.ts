/**
 * What `createHeapAdmin` takes, checked at once. No error says what was given: one of the options is a secret.
 * @module
 */
import type { ADMIN_ORIGIN } from '@heap-edge/contract'
import { type HeapOptions, readOptions, type Settings } from '../options.ts'
import { trimmed } from '../trimmed.ts'

/** The environment, its key, and the world. */
export interface HeapAdminOptions extends Pick<
  HeapOptions,
  'timeout' | 'retry' | 'fetch' | 'now' | 'random' | 'sleep'
> {
  /** The environment id of Main Production, a string of digits. Heap gives no token for any other: 401. */
  appId: string | number
  /** From Account > Manage > Privacy & Security of Heap, where it is shown once. */
  apiKey: string
  /**
   * Origin or base URL that stands in for https://heapanalytics.com, the host for both regions: the sandbox, or a heap-edge
   * proxy, which takes its `ADMIN_TOKEN` as the key.
   */
  endpoint?: string | URL | undefined
}

/** The options, complete and valid. */
export interface AdminSettings extends Pick<
  Settings,
  'base' | 'timeout' | 'retry' | 'fetch' | 'now' | 'random' | 'sleep'
> {
  /** For the `Authorization` of a token request. */
  basic: string
  /** What no error may show. */
  secrets: string[]
}

const heapOrigin: typeof ADMIN_ORIGIN = 'https://heapanalytics.com'
/** A longer one makes `setTimeout` of several runtimes fire at once. */
export const longestTimer: number = 2 ** 31 - 1

/** @throws TypeError that says which option is wrong */
export function readAdminOptions(options: HeapAdminOptions): AdminSettings {
  const { apiKey, endpoint = heapOrigin, retry, ...rest } = withoutUndefined(options)
  const settings = readOptions({ ...rest, endpoint: baseOf(endpoint), retry: withoutUndefined(retry ?? {}) })

  const { appId, timeout, retry: retries } = settings
  if (!appId) throw new TypeError('appId must be digits')
  if (typeof apiKey !== 'string' || !apiKey.trim()) throw new TypeError('apiKey must be a string that is not empty')
  if (!isMs(timeout) || timeout === 0 || timeout > longestTimer)
    throw new TypeError('timeout must be milliseconds, more than 0')
  for (const name of ['giveUpAfter', 'base', 'max'] as const) {
    if (!isMs(retries[name])) throw new TypeError(`retry.${name} must be milliseconds, 0 or more`)
  }
  for (const name of ['fetch', 'now', 'random', 'sleep'] as const) {
    if (typeof settings[name] !== 'function') throw new TypeError(`${name} must be a function`)
  }

  // As UTF-8, RFC 7617 section 2.1: btoa takes bytes only.
  const basic = btoa(String.fromCharCode(...new TextEncoder().encode(`${appId}:${apiKey}`)))
  return { ...settings, basic, secrets: [apiKey, basic] }
}

const isMs = (value: unknown) => typeof value === 'number' && value >= 0

/** What is given as undefined shall not take the place of a default. */
function withoutUndefined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}

function baseOf(endpoint: unknown): string {
  const text = trimmed(endpoint)
  const url = URL.canParse(text) ? new URL(text) : undefined
  // fetch refuses credentials in a URL, and shows them in its error.
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || /[?#]/.test(text)) {
    throw new TypeError('endpoint must be an http or https URL without credentials, query and fragment')
  }
  return trimmed(url.href)
}
