/**
 * Who is behind an e-mail address, by Clearbit's Combined API. help.clearbit.com, "What is a 202 Status Code?" and "What counts as
 * an Enrichment API request?"; github.com/clearbit/clearbit-node
 * @module
 */
import { failure, jsonOf } from './failure.ts'
import { type CallOptions, checksOf, defineAction } from './options.ts'
import { ask } from './request.ts'

/** What is known beforehand. */
export interface ClearbitSettings {
  /** The secret API key, `sk_…`. */
  apiKey: string
  /** Default `https://person.clearbit.com`. */
  baseUrl?: string | undefined
}

/** Of {@link combined}. */
export interface CombinedOptions extends ClearbitSettings, CallOptions {
  email: string
}

/** What Clearbit answers. */
export type Combined =
  | {
      status: 'found'
      /** As Clearbit has it; null where it knows the company only, or the other way round. */
      person: Record<string, unknown> | null
      company: Record<string, unknown> | null
    }
  /** Clearbit is looking it up: ask again in a minute. */
  | { status: 'pending' }
  /** Clearbit knows nothing. */
  | { status: 'unknown' }
  /** This is no e-mail address. */
  | { status: 'invalid' }

const action = 'clearbit.combined'
const checks = checksOf(action)

/** RFC 5321, section 4.5.3.1.3, less the angle brackets. */
const MOST_CHARACTERS = 254

/** Whether a value looks like an e-mail address: one at sign with something around it, no blanks, at most 254 characters. */
export function isAddress(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^[^\s@]+@[^\s@]+$/.test(value) &&
    value.length <= MOST_CHARACTERS &&
    // Else it could not stand in a URL.
    value.isWellFormed()
  )
}

/**
 * Looks an e-mail address up, once. Called again it is the same answer or a newer one; Clearbit counts an address once a month.
 * It takes 600 requests a minute.
 *
 * @throws ActionError that may be retried for 429, 5xx and where no answer came; not for 401 and 402, the key and its quota
 * @throws OptionError
 * @example
 * ```ts
 * const answer = await clearbit.combined({ apiKey: env.CLEARBIT_API_KEY, email: 'andrew@clearbit.com' })
 * if (answer.status === 'pending') await step.sleep('clearbit is looking', '1 minute')
 * ```
 */
export const combined = defineAction(
  ({ apiKey, baseUrl }: ClearbitSettings) => {
    checks.secret('apiKey', apiKey)
    if (baseUrl !== undefined) checks.baseUrl('baseUrl', baseUrl)
  },
  async (options: CombinedOptions): Promise<Combined> => {
    const { apiKey, baseUrl = 'https://person.clearbit.com', email } = options
    checks.call(options)
    // Not an error: it comes from whoever filled a form in, and is no reason to stop a workflow.
    if (!isAddress(email)) return { status: 'invalid' }
    const asked = {
      action,
      of: 'Clearbit',
      url: `${checks.baseUrl('baseUrl', baseUrl)}/v2/combined/find?email=${encodeURIComponent(email)}`,
      headers: { Authorization: `Bearer ${apiKey}` },
      secrets: [apiKey, email],
    }
    const answer = await ask(asked, options)
    switch (answer.status) {
      case 200: {
        const { person, company } = jsonOf(asked, answer)
        return { status: 'found', person: objectOrNull(person), company: objectOrNull(company) }
      }
      case 202:
        return { status: 'pending' }
      case 404:
        return { status: 'unknown' }
      case 422:
        return { status: 'invalid' }
      default:
        throw failure(asked, answer, options)
    }
  },
)

function objectOrNull(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
}

/** Of {@link poll}. */
export interface PollOptions extends CombinedOptions {
  /** Milliseconds from an answer to the next question. Default 60 000. */
  every?: number | undefined
  /** Questions at most. Default 5: Clearbit speaks of a few minutes. */
  times?: number | undefined
  /** Resolves after so many milliseconds. Default: a timer. */
  sleep?: ((ms: number) => Promise<void>) | undefined
}

/**
 * Looks an e-mail address up until Clearbit knows or the questions are used up; then the answer is still `pending`. For scripts: a
 * workflow sleeps between two steps instead.
 *
 * @throws what {@link combined} throws
 */
export async function poll(options: PollOptions): Promise<Combined> {
  const { every = 60_000, times = 5, sleep = timer } = options
  for (let asked = 1; ; asked++) {
    const answer = await combined(options)
    if (answer.status !== 'pending' || asked >= times) return answer
    await sleep(every)
    options.signal?.throwIfAborted()
  }
}

const timer = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
