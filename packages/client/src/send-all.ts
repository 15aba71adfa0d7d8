/**
 * Records of any number: cut into requests that go one after the other, each record with its result.
 * @module
 */
import type { BODY_BYTES } from '@heap-edge/contract'
import type { Settings } from './options.ts'
import { type Item, type Path, prepare } from './prepare.ts'
import { refusalOf } from './refusal.ts'
import type { Ending, Notes } from './results.ts'
import { send } from './send.ts'

/** Room for the records of a request, beside what stands around them. */
const room = (1_000_000 satisfies typeof BODY_BYTES) - 100

/**
 * @param listKey the field of the list in the body; without it, each record is a request of its own, in the single form
 * @throws only what the list itself throws, after what it gave before has been sent
 */
export async function sendAll(
  path: Path,
  listKey: string | undefined,
  records: Iterable<object> | AsyncIterable<object>,
  settings: Settings,
  signal?: AbortSignal,
): Promise<(Notes & Ending)[]> {
  const { appId, base, maxRecords } = settings
  const results: Item['result'][] = []
  const items: Item[] = []
  let bytes = 0

  async function sendItems(items: Item[]): Promise<void> {
    bytes = 0
    if (items.length === 0) return
    const json = items.map((item) => item.json).join()
    const body = `{${appId && `"app_id":"${appId}",`}${listKey ? `"${listKey}":[${json}]}` : json.slice(1)}`
    const ending = await send(base + path, body, settings, signal)

    // Where the server names the items that it does not take, the others go without them, in another request.
    const others = items.filter(({ result }, place) => {
      const error = refusalOf(`/${listKey}/${place}`, ending)
      if (error) Object.assign(result, { outcome: 'rejected', error })
      return !error
    })
    if (others.length < items.length) return sendItems(others)
    for (const { result } of items) Object.assign(result, ending)
  }

  try {
    for await (const record of records) {
      // An array is reported to its end; whatever else may never end.
      if (signal?.aborted && !Array.isArray(records)) break
      const item = prepare(path, record, settings)
      results.push(item.result)
      if (!item.json) continue
      if (bytes + item.bytes > room) await sendItems(items.splice(0))
      bytes += item.bytes + 1
      if (items.push(item) >= maxRecords || !listKey) await sendItems(items.splice(0))
    }
  } finally {
    await sendItems(items.splice(0))
  }
  return results as (Notes & Ending)[]
}
