/**
 * A message to Slack, by an incoming webhook. docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * @module
 */
import { ActionError } from './errors.ts'
import { failure } from './failure.ts'
import { type CallOptions, checksOf, defineAction } from './options.ts'
import { ask } from './request.ts'

/** What is known beforehand. */
export interface SlackSettings {
  /** From the app's settings, `https://hooks.slack.com/services/…`. A secret: who has it may post. */
  webhookUrl: string
}

/** Of {@link slack}. */
export interface SlackOptions extends SlackSettings, CallOptions {
  /**
   * In Slack's mrkdwn; with `blocks`, what notifications show. 1 to 40 000 characters, more are cut by Slack. What comes from
   * somewhere else goes through {@link escapeSlack} first, or it may mention everybody.
   */
  text: string
  /**
   * Block Kit, at most 50. Sections are looked at before they are sent, other blocks by Slack, which answers 400 `invalid_blocks`.
   * docs.slack.dev/reference/block-kit/blocks
   */
  blocks?: readonly object[] | undefined
}

const MOST_CHARACTERS = 40_000
const MOST_BLOCKS = 50
/** Of a section; docs.slack.dev/reference/block-kit/blocks/section-block */
const MOST_TEXT_CHARACTERS = 3000
const MOST_FIELDS = 10
const MOST_FIELD_CHARACTERS = 2000

const checks = checksOf('slack')

/**
 * Posts a message. Slack knows no idempotency key: called twice, it is two messages, also where the first answer was lost. So
 * make it a step of its own, the last one where that is possible. One message a second is what Slack takes, in bursts more.
 *
 * @throws ActionError that may be retried for 429, with `retryAfterMs`, for 5xx, and where no answer came
 * @throws OptionError
 * @example
 * ```ts
 * await slack({ webhookUrl: env.SLACK_WEBHOOK_URL, text: `Deleted from Heap: ${escapeSlack(names.join(', '))}` })
 * ```
 */
export const slack = defineAction(
  ({ webhookUrl }: SlackSettings) => checks.url('webhookUrl', webhookUrl),
  async (options: SlackOptions): Promise<void> => {
    const { webhookUrl, text, blocks } = options
    checks.call(options)
    checks.text('text', text, MOST_CHARACTERS)
    if (blocks !== undefined) {
      checks.that(Array.isArray(blocks) && blocks.length <= MOST_BLOCKS, 'blocks', `must be at most ${MOST_BLOCKS}`)
      const must = `must each have a type, and a section a text of 1 to ${MOST_TEXT_CHARACTERS} characters or fields`
      checks.that(blocks.every(isBlock), 'blocks', must)
    }
    const asked = {
      action: 'slack',
      of: 'Slack',
      url: webhookUrl,
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: checks.json('blocks', { text, ...(blocks && { blocks }) }),
      secrets: [webhookUrl, new URL(webhookUrl).pathname],
    } as const
    const answer = await ask(asked, options)
    if (!answer.ok) throw failure(asked, answer, options)
    if (answer.text.trim() === 'ok') return
    // Whoever that is, it may have taken the message.
    throw new ActionError('slack', 'the address is not one of Slack: the answer is not ok', {
      status: answer.status,
      retryable: false,
    })
  },
)

function isBlock(block: unknown): boolean {
  const { type, text, fields } = Object(block) as { type?: unknown; text?: unknown; fields?: unknown }
  if (type !== 'section') return typeof type === 'string'
  const good = Array.isArray(fields)
    ? fields.length > 0 &&
      fields.length <= MOST_FIELDS &&
      fields.every((field) => hasText(field, MOST_FIELD_CHARACTERS))
    : fields === undefined && text !== undefined
  return good && (text === undefined || hasText(text, MOST_TEXT_CHARACTERS))
}

function hasText(object: unknown, most: number): boolean {
  const { text } = Object(object) as { text?: unknown }
  return typeof text === 'string' && text !== '' && text.length <= most
}

/**
 * Escapes Slack's three special characters, so that a name can neither mention a channel nor become a link.
 *
 * @example
 * ```ts
 * escapeSlack('<!channel> & co') // '&lt;!channel&gt; &amp; co'
 * ```
 */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
