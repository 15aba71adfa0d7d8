/**
 * Delivers notifications: to an incoming webhook of Slack, to a signed webhook of the user's, and to workflows.
 * @module
 */
import { statedDelay } from 'heap-edge/retry'
import { Webhook } from 'standardwebhooks'
import type { Config } from '../config.ts'
import type { Env } from '../env.ts'
import { deletionRuns, triggeredBy } from '../triggers/select.ts'
import { workflowLedger } from '../workflows/durable.ts'
import type { Channel, NoticeRow } from './sql.ts'
import type { Notified } from './world.ts'

/** How long a receiver may take to answer, in ms. */
const TIMEOUT_MS = 10_000

/** Who is told. */
export function channelsOf({ slackWebhookUrl, webhook, workflows }: Config): Channel[] {
  return [
    ...(slackWebhookUrl ? ['slack' as const] : []),
    ...(webhook ? ['webhook' as const] : []),
    ...(triggeredBy(workflows, 'deletion').length > 0 ? ['workflow' as const] : []),
  ]
}

/**
 * Sends a notification once. The webhook's headers are those of Standard Webhooks: the same `webhook-id` each time, so that the
 * receiver knows one that comes again. standardwebhooks.com
 */
export async function notify(
  env: Env,
  config: Config,
  notice: Pick<NoticeRow, 'id' | 'channel' | 'body'>,
): Promise<Notified> {
  const { slackWebhookUrl, webhook } = config
  const { id, channel, body } = notice
  if (channel === 'workflow') return trigger(env, config, notice)
  const url = channel === 'slack' ? slackWebhookUrl : webhook?.url
  if (!url || body === null) return { ok: false, problem: `There is no address for ${channel} any more` }
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (channel === 'webhook' && webhook) {
    const at = new Date()
    headers['webhook-id'] = id
    headers['webhook-timestamp'] = String(Math.floor(at.getTime() / 1000))
    headers['webhook-signature'] = new Webhook(webhook.secret).sign(id, at, body)
  }
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    if (response.ok) return { ok: true }
    const retryAfterMs = statedDelay(response.headers, Date.now())
    return { ok: false, problem: `The receiver answered ${response.status}`, retryAfterMs }
  } catch {
    // What fetch threw may name the address, which is a secret.
    return { ok: false, problem: `The receiver did not answer in ${TIMEOUT_MS} ms` }
  }
}

/** The ledger of runs knows one that comes again by its id. */
async function trigger(
  env: Env,
  { workflows }: Config,
  { id, body }: Pick<NoticeRow, 'id' | 'body'>,
): Promise<Notified> {
  try {
    if (body !== null) await workflowLedger(env).receive(deletionRuns(workflows, id, body))
    return { ok: true }
  } catch {
    return { ok: false, problem: 'The ledger of runs did not take it' }
  }
}
