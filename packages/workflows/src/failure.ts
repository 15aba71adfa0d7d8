/**
 * From an answer that is no success to an error, and from one that is to its JSON.
 * @module
 */
import { parseKeepingDigits } from '@heap-edge/contract'
import { isRetryable, statedDelay } from 'heap-edge/retry'
import { ActionError, type ActionErrorDetails } from './errors.ts'
import type { CallOptions } from './options.ts'
import type { Answer, Asked } from './request.ts'

/** No other side may make a workflow wait for longer. */
const LONGEST_WAIT_MS = 86_400_000
const MOST_REASON_CHARACTERS = 300

/**
 * The error of an answer: its status, the reason in its body, and how long it asks to wait. 408, 425, 429 and 5xx may be retried.
 *
 * @param known what the action knows better
 */
export function failure(
  { action, of, secrets }: Pick<Asked, 'action' | 'of' | 'secrets'>,
  { status, headers, text }: Answer,
  { now = Date.now }: CallOptions,
  known: Partial<ActionErrorDetails> & { reason?: string | undefined } = {},
): ActionError {
  const reason = hidden(known.reason ?? reasonOf(text), secrets).slice(0, MOST_REASON_CHARACTERS)
  return new ActionError(action, `${of} answered ${status}${reason && `: ${reason}`}`, {
    status,
    retryable: known.retryable ?? isRetryable(status),
    retryAfterMs: waitOf(known.retryAfterMs ?? statedDelay(headers, now())),
  })
}

/** Milliseconds to wait, within reason. */
function waitOf(ms: number | undefined): number | undefined {
  return ms !== undefined && ms >= 0 ? Math.min(ms, LONGEST_WAIT_MS) : undefined
}

/** @throws ActionError where a success is no JSON object or array; it may be retried, since whoever answered it is not who was asked */
export function jsonOf(asked: Pick<Asked, 'action' | 'of'>, { status, text }: Answer): Record<string, unknown> {
  const value = parsed(text)
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new ActionError(asked.action, `${asked.of} answered ${status} without JSON`, { status, retryable: true })
}

function parsed(text: string): unknown {
  try {
    return parseKeepingDigits(text)
  } catch {
    return undefined
  }
}

interface Reasons {
  error?: { message?: unknown } | string
  error_description?: unknown
  error_message?: unknown
  message?: unknown
  errors?: ({ message?: unknown } | string)[]
}

/** What a body says of itself, in the forms of those whom the actions ask; plain text where it is short and no page. */
function reasonOf(text: string): string {
  const body = parsed(text)
  const { error, error_description, error_message, message, errors } = Object(
    Array.isArray(body) ? body[0] : body,
  ) as Reasons
  const [first] = Array.isArray(errors) ? errors : []
  const said = [
    Object(error).message,
    error_description,
    Object(first).message,
    first,
    error_message,
    message,
    error,
    /^\s*</.test(text) || typeof body === 'object' ? '' : text,
  ].find((reason) => typeof reason === 'string') as string
  return said
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '')
    .trim()
}

/**
 * A text without secrets.
 *
 * @example
 * ```ts
 * hidden('no such key: s3cret', ['s3cret']) // 'no such key: ***'
 * ```
 */
export function hidden(text: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => (secret ? text.replaceAll(secret, '***') : text), text)
}
