/**
 * Sends the pages of a segment sync, each signed and tried up to three times.
 * @module
 */
import type { PageDelivery, SegmentReport } from '../types.ts'
import { deliver, type Parcel } from './deliver.ts'
import { pagesOf, usersOf } from './pages.ts'
import type { SegmentWebhook } from './segment.ts'
import { heapHash } from './sign.ts'

/** Heap tries again after 429 and every other 4xx and 5xx; how often, it does not tell. */
const MOST_ATTEMPTS = 3

const utf8 = new TextEncoder()

/** One request. Its data are made when it is sent: the same large page may be wanted many times. */
interface Part {
  page_number?: number
  data: () => object
}

/** Sends everything in its order, and then again as often as wanted. */
export async function sendSegment(webhook: SegmentWebhook): Promise<SegmentReport> {
  const { url, sync_task_id, tamper, repeat, age_ms } = webhook
  const sent = partsOf(webhook).map(({ data, ...page }) => ({ data, page, ts: 0 }))
  const deliveries: PageDelivery[] = []
  for (const part of sent) {
    // The receiver compares with its own clock, and so this is not the sandbox's, which can be moved.
    const pack = () => packed(webhook, part.data(), (part.ts = Date.now() - age_ms))
    // A forger is not as patient as Heap.
    deliveries.push({ ...part.page, ...(await deliver(url, pack, tamper ? 1 : MOST_ATTEMPTS)) })
  }
  for (let i = 0; i < repeat; i++) {
    for (const { data, page, ts } of sent) {
      // The same time and body have the same signature.
      const delivery = await deliver(url, () => packed(webhook, data(), ts), 1)
      deliveries.push({ ...page, replay: true, ...delivery })
    }
  }
  return { url, ...(sync_task_id !== undefined && { sync_task_id }), deliveries }
}

function partsOf({ pages, page_size, order, sync_task_id, add, remove }: SegmentWebhook): Part[] {
  if (order.length === 0) return [{ data: () => ({}) }]
  const all = pagesOf({ ...(add && { add }), ...(remove && { remove }) }, pages, page_size)
  return order.map((page_number) => ({
    page_number,
    data: () => ({
      sync_info: { page_number, total_pages: pages, sync_task_id },
      ...usersOf(all[page_number - 1] ?? {}),
    }),
  }))
}

/** A request as it goes out. */
async function packed(webhook: SegmentWebhook, data: object, ts: number): Promise<Parcel> {
  const { segment, secret, tamper } = webhook
  const signed = bytesOf(webhook, data)
  const headers = new Headers({ 'Heap-Hash': await heapHash(secret, ts, signed) })
  const changed = { ...webhook, segment: { ...segment, name: `${segment.name}, tampered with` } }
  return { headers, body: tamper ? bytesOf(changed, data) : signed }
}

function bytesOf({ id_token, action_type, segment }: SegmentWebhook, data: object): Uint8Array {
  const { id, name } = segment
  return utf8.encode(
    JSON.stringify({
      ...(id_token !== undefined && { id_token }),
      action_type,
      customer_config: { fields: [] },
      data: { segment: { id, name }, ...data },
    }),
  )
}
