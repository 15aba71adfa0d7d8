/**
 * Where records wait: in IndexedDB, or as items where that is refused.
 * @module
 */
import type { Path } from '../prepare.ts'
import { getItem, itemNames, setItem } from './items.ts'

/** A record that waits. Its JSON is made once, so that every attempt sends the same bytes. */
export interface Row {
  /** The name of the database, a colon, and what is in the order of time. */
  key: string
  path: Path
  /** The field of the list in a body; none where Heap takes one at a time. */
  list?: string | undefined
  /** Whose it is: `i` and the identity, else `u` and the user_id. */
  who: string
  json: string
}

/** The records of all tabs. Never rejects. */
export interface Store {
  add: (rows: Row[]) => Promise<void>
  /** In the order of their keys. */
  all: () => Promise<Row[]>
  remove: (rows: Row[]) => Promise<void>
}

/** Safari at times does not answer when it is asked for a database. In ms. */
const OPEN_MS = 3000

const forget = (rows: Row[]) => rows.forEach((row) => setItem(row.key))

/** @param name of the database, which is made with the first call */
export function createStore(name: string): Store {
  let opening: Promise<IDBDatabase> | undefined
  let opened: IDBDatabase | undefined

  /** Rejects where IndexedDB is refused, and then for as long as the page lives. */
  async function run<T>(act: (rows: IDBObjectStore) => IDBRequest<T> | void): Promise<T> {
    opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(name)
      request.onupgradeneeded = () => request.result.createObjectStore('events', { keyPath: 'key' })
      request.onsuccess = () => resolve((opened = request.result))
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- longer
      request.onerror = reject
      setTimeout(reject, OPEN_MS)
    })
    const transaction = (await opening).transaction('events', 'readwrite')
    const request = act(transaction.objectStore('events'))
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request?.result as T)
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- longer
      transaction.onabort = reject
      // Not left to the next turn, which a page that goes has not got.
      transaction.commit()
    })
  }

  return {
    async add(rows) {
      // One item a record: tabs have no transactions there, and must not overwrite each other.
      const save = () => rows.forEach((row) => setItem(row.key, row))
      const before = opened
      // A page may go before it has opened; only what is in there outlives a crash of the browser.
      if (!before) save()
      // What another tab has sent meanwhile is not brought back.
      await run<never>((store) => rows.forEach((row) => (before || getItem(row.key)) && store.put(row))).then(
        () => forget(rows),
        save,
      )
    },

    async all() {
      // Looked for before the first await, so that all of it is as it was at the call.
      const items = itemNames(`${name}:`)
      const rows = await run<Row[]>((store) => store.getAll()).catch((): Row[] => [])
      // What a page that went has left in both is one.
      forget(rows)
      return rows.concat(items.flatMap((item) => getItem<Row>(item) ?? [])).sort((a, b) => (a.key > b.key ? 1 : -1))
    },

    remove(rows) {
      forget(rows)
      return run<never>((store) => rows.forEach((row) => store.delete(row.key))).catch(() => {})
    },
  }
}
