/**
 * The body of a segment sync (heap-api 7.2). Pure.
 * @module
 */
import { MOST_PROBLEMS, type Problem, toPointer } from '@heap-edge/contract'
import * as z from 'zod'
import { parseJson } from '../json.ts'
import type { SyncPage } from './pages.ts'

/** A page, or the order to empty a segment; or what is wrong and where. */
export type SegmentBody =
  | { ok: true; kind: 'page'; page: SyncPage }
  | { ok: true; kind: 'drain'; segment: SyncPage['segment'] }
  | { ok: false; problems: Problem[] }

const MOST_PAGES = 10_000
/** Heap's values have no more. */
const MOST_CHARACTERS = 1024

const segment = z.object({ id: z.int(), name: z.string().max(MOST_CHARACTERS) })
// A larger one would have become that of somebody else when it was read.
const number = z.number().refine((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER, {
  error: 'must be a string, since it has more digits than a number keeps',
})
// Of whoever has no value of the property that was chosen there is nothing to know them by.
const user = z.object({ id: z.union([z.string().max(MOST_CHARACTERS), number, z.boolean(), z.null()]) })
// Heap's own integrations of a customer have none.
const head = { id_token: z.string().max(100).nullish(), customer_config: z.unknown().optional() }

const sync = z.object({
  ...head,
  action_type: z.literal('segment.users.sync'),
  data: z
    .object({
      segment,
      sync_info: z.object({
        page_number: z.int().min(1),
        total_pages: z.int().min(1).max(MOST_PAGES),
        sync_task_id: z.string().min(1).max(100),
      }),
      add: z.array(user).nullish(),
      remove: z.array(user).nullish(),
    })
    .refine(({ add, remove }) => add != null || remove != null, { error: 'must have add or remove' })
    .refine(({ sync_info: { page_number, total_pages } }) => page_number <= total_pages, {
      path: ['sync_info', 'page_number'],
      error: 'must not be more than total_pages',
    }),
})

const drain = z.object({ ...head, action_type: z.literal('segment.users.drain'), data: z.object({ segment }) })

const body = z.discriminatedUnion('action_type', [sync, drain])

/** @param bytes as they were signed */
export function readSegment(bytes: Uint8Array): SegmentBody {
  let json: unknown
  try {
    json = parseJson(bytes)
  } catch {
    return { ok: false, problems: [{ pointer: '', detail: 'must be JSON in UTF-8' }] }
  }
  const result = body.safeParse(json)
  if (!result.success)
    return {
      ok: false,
      problems: result.error.issues
        .slice(0, MOST_PROBLEMS)
        .map(({ path, message }) => ({ pointer: toPointer(path), detail: message })),
    }
  const { data } = result
  if (data.action_type === 'segment.users.drain') return { ok: true, kind: 'drain', segment: data.data.segment }
  const { segment, sync_info, add, remove } = data.data
  const ids = (users: z.infer<typeof user>[] | null | undefined) =>
    (users ?? []).flatMap(({ id }) => (id === null || id === '' ? [] : [String(id)]))
  return {
    ok: true,
    kind: 'page',
    page: {
      task: `${data.id_token ?? ''}:${segment.id}:${sync_info.sync_task_id}`,
      page: sync_info.page_number,
      total: sync_info.total_pages,
      segment,
      added: ids(add),
      removed: ids(remove),
    },
  }
}
