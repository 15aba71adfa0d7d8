/**
 * What an action throws. A workflow asks one question of it: is it worth another try?
 * @module
 */

/** What an {@link ActionError} knows beside its message. */
export interface ActionErrorDetails {
  /** The HTTP status of the answer; nothing where there was none. */
  status?: number | undefined
  /** Whether the same call may work later. */
  retryable: boolean
  /** Milliseconds that the other side asks to wait, at most a day. */
  retryAfterMs?: number | undefined
}

/**
 * An action that did not do what it should. The message says who answered what; it holds no secret, no address of a webhook and
 * no record.
 *
 * @example
 * ```ts
 * try {
 *   await slack({ webhookUrl, text: 'Done' })
 * } catch (error) {
 *   // Cloudflare Workflows: https://developers.cloudflare.com/workflows/build/sleeping-and-retrying/
 *   throw canBeRetried(error) ? error : new NonRetryableError(String(error))
 * }
 * ```
 */
export class ActionError extends Error {
  override name = 'ActionError'
  /** Which action, as `slack` or `googleSheets.append`. */
  readonly action: string
  readonly status: number | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(action: string, message: string, { status, retryable, retryAfterMs }: ActionErrorDetails) {
    super(`${action}: ${message}`)
    this.action = action
    this.status = status
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}

/** An option that is missing or wrong. The message names it, as `slack: webhookUrl must be …`, and does not show its value. */
export class OptionError extends TypeError {
  override name = 'OptionError'
  readonly action: string
  /** The option, as `webhookUrl` or `serviceAccount.private_key`. */
  readonly option: string

  constructor(action: string, option: string, must: string) {
    super(`${action}: ${option} ${must}`)
    this.action = action
    this.option = option
  }
}

// By name, not by instanceof: an error of a second copy of this package is still one of ours.
const named = (value: unknown, name: string) => (value as Error | undefined)?.name === name

/** Tells whether a value is an {@link ActionError}. */
export function isActionError(value: unknown): value is ActionError {
  return named(value, 'ActionError')
}

/** Tells whether a value is an {@link OptionError}. */
export function isOptionError(value: unknown): value is OptionError {
  return named(value, 'OptionError')
}

/** Whether a step that threw this is worth another try: not where an action says no, nor where an option is wrong. */
export function canBeRetried(error: unknown): boolean {
  return isActionError(error) ? error.retryable : !isOptionError(error)
}
