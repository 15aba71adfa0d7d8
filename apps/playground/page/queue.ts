/**
 * What waits in this browser. The client tells that with `flush`, which sends as well; so this looks where it keeps the records.
 * @module
 */
import { again } from './again.ts'
import { element } from './dom.ts'

const OFTEN_MS = 300

/** The records that wait, of all tabs. */
export async function waitingRecords(): Promise<object[]> {
  const opening = indexedDB.open('heap-edge.')
  // It is the client that makes it.
  opening.addEventListener('upgradeneeded', () => opening.transaction?.abort())
  const database = await resultOf(opening)
  // It has a single store.
  const [store = ''] = database.objectStoreNames
  const rows = await resultOf<{ json: string }[]>(database.transaction(store).objectStore(store).getAll())
  database.close()
  return rows.map(({ json }) => JSON.parse(json) as object)
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('No database')))
  })
}

/** Shows for ever how many wait. */
export function showQueue(): Promise<void> {
  return again(OFTEN_MS, async () => {
    const { length } = await waitingRecords().catch(() => [])
    element('waiting').textContent = String(length)
    element('waiting').classList.toggle('some', length > 0)
    element('waiting-unit').textContent = length === 1 ? 'record waits' : 'records wait'
  })
}
