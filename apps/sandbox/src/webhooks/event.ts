/**
 * Heap's webhook for an event (heap-api section 7.1): what its body may look like, and how it is sent.
 * @module
 */
import { isObject } from '@heap-edge/contract'
import type { Env } from '../env.ts'
import { type Field, number, object, text, wrongIn } from '../fields.ts'
import type { EventReport } from '../types.ts'
import { deliver } from './deliver.ts'
import { url } from './target.ts'
import { usualEvent } from './usual-event.ts'

const MOST_TIMES = 100
const MOST_HEADERS = 20

/** Those that belong to the connection or the body, not to whoever sets up the webhook. */
const NOT_THEIRS = /^(connection|content-.*|expect|host|te|trailer|transfer-encoding|upgrade)$/i

const FIELDS: Record<string, Field> = {
  url,
  event: text(1024),
  body: object,
  headers: {
    ok: (value) =>
      isObject(value) && Object.keys(value).length <= MOST_HEADERS && Object.entries(value).every(isHeader),
    must: `must be an object of at most ${MOST_HEADERS} header fields that a webhook can have`,
  },
  times: number(1, MOST_TIMES),
}

/** What to post, and how often. */
interface EventWebhook {
  url: string
  body: Record<string, unknown>
  headers: Record<string, string>
  times: number
}

/** Reads what to send, or says in a sentence what is wrong with it. */
export function readEvent(input: unknown, env: Env): EventWebhook | string {
  if (!isObject(input)) return 'An event webhook is a JSON object.'
  const wrong = wrongIn(input, FIELDS, 'An event webhook')
  if (wrong !== undefined) return wrong
  const { event, body } = input
  if (event !== undefined && body !== undefined) return 'event names the event of the usual body; give that or body.'
  const sent = isObject(body) ? asSent(body) : usualEvent(event as string | undefined)
  if (typeof sent === 'string') return sent
  const local = `${env.PROXY_URL}/hooks/event/${env.HOOK_TOKEN}`
  return { url: local, headers: {}, times: 1, ...(input as Partial<EventWebhook>), body: sent }
}

/** Posts it, each time once: Heap guarantees no delivery, so that nobody should count on a second attempt. */
export async function sendEvent({ url, body, headers, times }: EventWebhook): Promise<EventReport> {
  const json = JSON.stringify(body)
  const deliveries: EventReport['deliveries'] = []
  for (let i = 0; i < times; i++) {
    deliveries.push(await deliver(url, async () => ({ headers: new Headers(headers), body: json }), 1))
  }
  return { url, body, deliveries }
}

/** A body as Heap sends it: what is absent is an empty text, and objects nest once. */
function asSent(body: object, place = 'body', mayNest = true): Record<string, unknown> | string {
  const sent: [string, unknown][] = []
  for (const [key, value] of Object.entries(body) as [string, unknown][]) {
    const where = `${place}.${key.slice(0, 100)}`
    if (typeof value !== 'object' || value === null) sent.push([key, value ?? ''])
    else if (Array.isArray(value) || !mayNest) {
      return `${where} is a list or nested too deep: Heap sends texts, numbers, booleans, and objects of those.`
    } else {
      const inner = asSent(value, where, false)
      if (typeof inner === 'string') return inner
      sent.push([key, inner])
    }
  }
  return Object.fromEntries(sent)
}

/** Printable ASCII is what every receiver understands in the same way. */
function isHeader([name, value]: [string, unknown]): boolean {
  const isName = /^[\w-]{1,100}$/.test(name) && !NOT_THEIRS.test(name)
  return isName && typeof value === 'string' && /^[\x20-\x7e]{0,1000}$/.test(value)
}
