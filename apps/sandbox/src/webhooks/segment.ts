/**
 * What the sandbox may be told to send as a segment sync: Heap's own, and what a receiver has to refuse.
 * @module
 */
import { isObject } from '@heap-edge/contract'
import type { Env } from '../env.ts'
import { type Field, list, number, text, wrongIn } from '../fields.ts'
import { type Change, countPages, type Segment } from './pages.ts'
import { url } from './target.ts'

const SYNC = 'segment.users.sync'
const DRAIN = 'segment.users.drain'
const DAY_MS = 86_400_000
const MOST_USERS = 200_000
/** Requests for one call, replays included. */
const MOST_REQUESTS = 1000

const users = list(text(1024), MOST_USERS)

const FIELDS: Record<string, Field> = {
  url,
  segment: { ok: isSegment, must: 'must be an object with id, a whole number, and name, a text' },
  action_type: { ok: (value) => value === SYNC || value === DRAIN, must: `must be ${SYNC} or ${DRAIN}` },
  add: users,
  remove: users,
  pages: number(1, MOST_REQUESTS),
  page_size: number(1, MOST_USERS),
  order: list(number(1, MOST_REQUESTS), MOST_REQUESTS),
  sync_task_id: text(200),
  id_token: text(200),
  secret: text(1000),
  tamper: { ok: (value) => typeof value === 'boolean', must: 'must be true or false' },
  age_ms: number(-DAY_MS, DAY_MS),
  repeat: number(0, 10),
}

/** What makes no sense in a drain, which is one request for the whole segment. */
const OF_A_SYNC = ['add', 'remove', 'pages', 'page_size', 'order', 'sync_task_id'] as const

export interface SegmentWebhook extends Change {
  url: string
  segment: Segment
  action_type: typeof SYNC | typeof DRAIN
  /** How many pages there are, and how many users stand on each but the last; evenly many, where that is not said. */
  pages: number
  page_size?: number
  /** Which pages to send, one after the other; nothing for a drain. */
  order: number[]
  /** Which pages belong together; nothing for a drain. */
  sync_task_id?: string
  /** The customer; nothing for an integration of their own. */
  id_token?: string
  secret: string
  /** Change each page after it was signed. */
  tamper: boolean
  /** How old the signature says it is; negative for one of the future. */
  age_ms: number
  /** How many times everything is sent again, byte for byte. */
  repeat: number
}

/** Reads what to send, or says in a sentence what is wrong with it. */
export function readSegment(input: unknown, env: Env): SegmentWebhook | string {
  if (!isObject(input)) return 'A segment sync is a JSON object.'
  const wrong = wrongIn(input, FIELDS, 'A segment sync')
  if (wrong !== undefined) return wrong
  const given = input as Partial<SegmentWebhook>
  const { segment, action_type = SYNC, add, remove, repeat = 0 } = given
  if (!segment) return 'A segment sync needs segment.'
  const common = {
    url: `${env.PROXY_URL}/hooks/segment`,
    secret: env.WEBHOOK_SECRET,
    tamper: false,
    age_ms: 0,
    ...given,
    segment,
    action_type,
    repeat,
  }
  if (action_type === DRAIN) {
    const strange = OF_A_SYNC.find((field) => given[field] !== undefined)
    return strange === undefined ? { ...common, pages: 1, order: [] } : `${strange} belongs to a sync, not to a drain.`
  }
  if (!add && !remove) return 'A sync needs add (who enters), remove (who leaves) or both.'
  if (given.pages !== undefined && given.page_size !== undefined) return 'pages or page_size, not both.'
  const many = (add?.length ?? 0) + (remove?.length ?? 0)
  const pages = countPages(many, given)
  if (pages > Math.max(1, many)) return `pages must be at most the number of users, ${many}.`
  const { order = Array.from({ length: Math.min(pages, MOST_REQUESTS + 1) }, (_, page) => page + 1) } = given
  if (order.length === 0 || order.some((page) => page > pages)) return `order must name pages from 1 to ${pages}.`
  if (order.length * (repeat + 1) > MOST_REQUESTS) return `That would be more than ${MOST_REQUESTS} requests.`
  return { ...common, pages, order, sync_task_id: given.sync_task_id ?? crypto.randomUUID() }
}

function isSegment(value: unknown): boolean {
  if (!isObject(value)) return false
  const fields = { id: number(0, Number.MAX_SAFE_INTEGER), name: text(1024) }
  return value.id !== undefined && value.name !== undefined && wrongIn(value, fields, '') === undefined
}
