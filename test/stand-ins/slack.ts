/**
 * Slack's incoming webhooks. docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
 * docs.slack.dev/reference/block-kit/blocks
 * @module
 */
import { type Reply, rollingLimit, type StandIn, standIn, stop } from './server.ts'

/** Slack, with the messages that were posted. */
export interface Slack extends StandIn {
  /** The address of the one webhook that it knows. */
  webhookUrl: string
  messages: { text?: string; blocks?: unknown[] }[]
}

const PATH = '/services/T00000000/B00000000/secretsecretsecretsecret'
const MOST_CHARACTERS = 40_000
const MOST_BLOCKS = 50
/** Those that a message of ours may have. */
const TYPES = new Set('actions context divider header image markdown rich_text section table video'.split(' '))

/** @param perMinute messages that are taken; Slack speaks of one a second, in bursts more */
export async function startSlack({ perMinute = 60 }: { perMinute?: number } = {}): Promise<Slack> {
  const messages: Slack['messages'] = []
  const fits = rollingLimit(perMinute, 60_000)

  const service = await standIn((seen): Reply => {
    if (seen.path !== PATH)
      stop({ status: seen.path.startsWith('/services/T00000000/') ? 404 : 403, body: 'no_service' })
    if (seen.method !== 'POST') stop({ status: 405, body: 'method_not_allowed' })
    if (!fits(seen.at)) stop({ status: 429, body: 'rate_limited', headers: { 'Retry-After': '30' } })
    const message = read(seen.headers.get('content-type') ?? '', seen.text)
    const { text, blocks } = message
    if (blocks !== undefined && (!Array.isArray(blocks) || blocks.length > MOST_BLOCKS || !blocks.every(isBlock))) {
      stop({ status: 400, body: 'invalid_blocks' })
    }
    // Slack cuts it, and says so to nobody who uses a webhook; here it shows.
    if (typeof text === 'string' && text.length > MOST_CHARACTERS) stop({ status: 400, body: 'msg_too_long' })
    if ((typeof text !== 'string' || text === '') && !blocks?.length) stop({ status: 400, body: 'no_text' })
    messages.push(message)
    return { status: 200, body: 'ok', headers: { 'Content-Type': 'text/html' } }
  })
  return Object.assign(service, { webhookUrl: service.url + PATH, messages })
}

function read(type: string, text: string): Slack['messages'][number] {
  try {
    const message: unknown = JSON.parse(text)
    if (
      /^application\/json\b/.test(type) &&
      typeof message === 'object' &&
      message !== null &&
      !Array.isArray(message)
    ) {
      return message
    }
  } catch {
    // It is none.
  }
  return stop({ status: 400, body: 'invalid_payload' })
}

function isBlock(block: unknown): boolean {
  const { type, text, fields } = Object(block) as Record<string, unknown>
  if (typeof type !== 'string' || !TYPES.has(type)) return false
  if (type !== 'section') return true
  if (text === undefined && fields === undefined) return false
  const listed = fields === undefined || (Array.isArray(fields) && fields.length >= 1 && fields.length <= 10)
  const texts = listed && ((fields ?? []) as unknown[]).every((field) => isText(field, 2000))
  return texts && (text === undefined || isText(text, 3000))
}

/** A text object. docs.slack.dev/reference/block-kit/composition-objects/text-object */
function isText(object: unknown, most: number): boolean {
  const { type, text } = Object(object) as Record<string, unknown>
  const typed = type === 'mrkdwn' || type === 'plain_text'
  return typed && typeof text === 'string' && text.length >= 1 && text.length <= most
}
