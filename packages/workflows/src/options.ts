/**
 * What every action takes beside its own options, and how options are checked.
 * @module
 */
import type { Fetch } from 'heap-edge'
import { OptionError } from './errors.ts'

/** Of every call. */
export interface CallOptions {
  /** Milliseconds for one request, answer included. Default 10 000. */
  timeout?: number | undefined
  /** Ends the call, with the signal's reason. What was under way may have arrived. */
  signal?: AbortSignal | undefined
  /** Default: the global `fetch`. */
  fetch?: Fetch | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: (() => number) | undefined
}

/** An action: a function that does one thing, and the check of what is known when a workflow is defined. */
export interface Action<Settings, Options extends Settings, Result> {
  (options: Options): Promise<Result>
  /**
   * Looks at the settings, without a request, so that what is missing shows at start-up and not at three in the night.
   *
   * @throws OptionError that names the option
   */
  check(settings: Settings): void
}

/** Makes an action, which checks its settings each time as well. */
export function defineAction<Settings, Options extends Settings & CallOptions, Result>(
  check: (settings: Settings) => void,
  run: (options: Options) => Promise<Result>,
): Action<Settings, Options, Result> {
  return Object.assign(
    async (options: Options) => {
      check(options)
      return run(options)
    },
    { check },
  )
}

/** A longer one makes `setTimeout` of several runtimes fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** The checks of one action's options. None of them shows a value: many options are secrets. */
export function checksOf(action: string) {
  const that = (good: boolean, option: string, must: string): void => {
    if (!good) throw new OptionError(action, option, must)
  }
  return {
    that,
    /** A string of 1 to `most` UTF-16 code units. */
    text(option: string, value: unknown, most = 1000): void {
      const good = typeof value === 'string' && value.trim() !== '' && value.length <= most
      that(good, option, `must be a string of 1 to ${most} characters`)
    },
    /** A key or a token. `fetch` refuses other characters in a header, and shows them in its error. */
    secret(option: string, value: unknown): void {
      that(typeof value === 'string' && /^[!-~]+$/.test(value), option, 'must be a string without blanks')
    },
    /** @returns it without a slash at the end */
    baseUrl(option: string, value: unknown): string {
      that(isUrl(value, /[?#]/), option, 'must be an http(s) URL without credentials, query and fragment')
      return String(value).replace(/\/+$/, '')
    },
    /** A whole address, which may have a query. */
    url(option: string, value: unknown): void {
      that(isUrl(value, /#/), option, 'must be an http(s) URL without credentials and fragment')
    },
    /**
     * What can be written as JSON: not undefined, nothing circular, no bigint.
     *
     * @returns its JSON
     */
    json(option: string, value: unknown): string {
      const text = jsonOf(value)
      that(text !== undefined, option, 'must be what JSON can hold')
      return text as string
    },
    integer(option: string, value: unknown, least: number, most: number): void {
      const good = Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      that(good, option, `must be a whole number from ${least} to ${most}`)
    },
    /** What every action takes. */
    call({ timeout = 1, fetch, now }: CallOptions): void {
      that(timeout > 0 && timeout <= LONGEST_TIMER, 'timeout', 'must be milliseconds, more than 0')
      that(fetch === undefined || typeof fetch === 'function', 'fetch', 'must be a function')
      that(now === undefined || typeof now === 'function', 'now', 'must be a function')
    },
  }
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

// Credentials in a URL: fetch refuses them, and shows them in its error.
function isUrl(value: unknown, refused: RegExp): boolean {
  if (typeof value !== 'string' || refused.test(value) || !URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && !username && !password
}
