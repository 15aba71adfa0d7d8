/**
 * A signed webhook. github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @module
 */
import { Webhook } from 'standardwebhooks'
import { failure } from './failure.ts'
import { type CallOptions, checksOf, defineAction } from './options.ts'
import { ask } from './request.ts'

/** What is known beforehand. */
export interface WebhookSettings {
  url: string
  /** `whsec_` and 24 to 64 random bytes in base64. */
  secret: string
}

/** Of {@link webhook}. */
export interface WebhookOptions extends WebhookSettings, CallOptions {
  /** Names the event, the same each time it is sent: 1 to 255 of A to Z, a to z, 0 to 9, `_`, `-` and `:`. */
  id: string
  /** Sent as JSON, at most 1 000 000 bytes; a string, as it is. The standard recommends `type`, `timestamp`, `data`, below 20 kB. */
  payload: unknown
  /** When this attempt is made, for the signature; receivers refuse one that is minutes old. Default: now. */
  timestamp?: Date | undefined
}

const MOST_BYTES = 1_000_000
const SECRET = /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const checks = checksOf('webhook')

/**
 * Sends a payload with the headers of Standard Webhooks. Called twice with the same `id`, it is one event for a receiver that
 * follows the standard.
 *
 * @throws ActionError that may be retried for anything but 410, by which a receiver says it wants no more, and a redirect, which
 *   is not followed: the standard has all else sent again
 * @throws OptionError
 * @example
 * ```ts
 * await webhook({ url: env.HOOK_URL, secret: env.HOOK_SECRET, id: `lead:${instanceId}`, payload: { type: 'lead.enriched' } })
 * ```
 */
export const webhook = defineAction(
  ({ url, secret }: WebhookSettings) => {
    checks.url('url', url)
    checks.that(
      typeof secret === 'string' && SECRET.test(secret),
      'secret',
      'must be whsec_ and 24 to 64 random bytes in base64',
    )
  },
  async (options: WebhookOptions): Promise<void> => {
    const { url, secret, id, payload, timestamp = new Date(options.now?.() ?? Date.now()) } = options
    checks.call(options)
    // The standard forbids a dot: it separates what is signed.
    checks.that(typeof id === 'string' && /^[\w:-]{1,255}$/.test(id), 'id', 'must be 1 to 255 of A-Z a-z 0-9 _ - :')
    checks.that(timestamp instanceof Date && !Number.isNaN(timestamp.getTime()), 'timestamp', 'must be a time')
    const body = typeof payload === 'string' ? payload : checks.json('payload', payload)
    const fits = new TextEncoder().encode(body).length <= MOST_BYTES
    checks.that(fits, 'payload', `must be JSON of at most ${MOST_BYTES} bytes`)

    const asked = {
      action: 'webhook',
      of: 'the receiver',
      url,
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(id, timestamp, body),
      },
      body,
      secrets: [url, secret],
    } as const
    const answer = await ask(asked, options)
    if (answer.ok) return
    throw failure(asked, answer, options, { retryable: answer.status >= 400 && answer.status !== 410 })
  },
)
