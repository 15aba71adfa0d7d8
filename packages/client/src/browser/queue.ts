/**
 * The queue: what is tracked is stored, then sent by one tab at a time, and removed once the proxy has answered for it.
 * @module
 */
import type { HeapError, HeapErrorDetails } from '../errors.ts'
import { nextBatch, problemsOf } from './batch.ts'
import { requestError } from './errors.ts'
import { createStore, type Row } from './store.ts'
import type { Counts } from './types.ts'

/** See {@link createQueue}. */
export interface Queue {
  /** @returns when the record is stored */
  add: (row: Omit<Row, 'key'>) => Promise<void>
  /** Sends in so many ms. */
  wake: (ms: number) => void
  /** Sends all that waits, as far as it can be sent now. */
  flush: () => Promise<Omit<Counts, 'rejected'>>
  /** Sends at once what of this page waits, as much as a browser sends for a page that goes. */
  leave: () => void
  /** Forgets everything. */
  clear: () => Promise<void>
}

/** The most records of one request. */
const RECORDS = 500
/** How long a record waits for others. */
const GATHER_MS = 1000
/** A pause that the proxy asks for is not longer. */
const MOST_WAIT_MS = 3_600_000
/** So long waits at least an owner whose token is not to be had. */
const NO_TOKEN_MS = 60_000

/**
 * @param name of the database and of the lock
 * @param maxQueued beyond it the oldest records go
 * @param send sends one request, once; never rejects
 * @param isActive whether anything may be sent
 * @param onWrite called when something is stored
 * @param tell told of a record that is refused, of records that are dropped, and of a proxy that takes nothing
 */
export function createQueue(
  name: string,
  maxQueued: number,
  send: (rows: Row[], keepalive: boolean) => Promise<HeapError | undefined>,
  isActive: () => unknown,
  onWrite: () => void,
  tell: (error: HeapError, row?: Row) => void,
): Queue {
  const { add, all, remove } = createStore(name)
  /** Keys of what is under way or done with, and owners who have no token. */
  const taken = new Set<string>()
  const isOpen = (row: Row) => !taken.has(row.key) && !taken.has(row.who)
  let unwritten: Row[] = []
  /** Records of this page that may not have been sent yet: what is needed when it goes. */
  let mine: Row[] = []
  let serial = 1e9
  let sent = 0
  let dropped = 0
  let waiting = 0
  let most = RECORDS
  let failures = 0
  /** Pauses that the proxy asked for: timers, so that they stay what they are where the clock is put right. */
  let pauses = 0
  let nextWrite: Promise<void> | undefined
  let written: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  async function write(): Promise<void> {
    const rows = unwritten
    unwritten = []
    nextWrite = undefined
    mine = mine.concat(rows).slice(-RECORDS)
    if (rows[0]) {
      onWrite()
      written = add(rows)
    }
    await written
  }

  function wake(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(flush, ms)
  }

  /** Sends a request, and is done with those of its records that are decided. Gives the error where none is. */
  async function deliver(rows: Row[], keepalive: boolean): Promise<HeapError | undefined> {
    for (const { key } of rows) taken.add(key)
    const error = await send(rows, keepalive)
    let done = rows
    if (error) {
      // A wrong environment is no fault of the records: they wait until it is put right.
      const isRefused = [400, 413, 422].includes(error.status as number) && error.problems[0]?.pointer !== '/app_id'
      done = rows.filter((row, place) => {
        const problems = problemsOf(row, place, error.problems)
        const isBad = isRefused && (!!problems[0] || !rows[1])
        if (isBad) tell(requestError(error.message, { ...(error as HeapErrorDetails), problems }), row)
        else taken.delete(row.key)
        return isBad
      })
      if (error.retryAfterMs) {
        pauses++
        setTimeout(
          () => {
            pauses--
            void flush()
          },
          Math.min(error.retryAfterMs, MOST_WAIT_MS),
        )
      }
      if (!isRefused) return error
    } else sent += rows.length
    // Where nobody says which one it is, it is looked for by halves. That also makes smaller what is too large.
    most = done[0] ? Math.min(RECORDS, most * 2) : rows.length / 2
    failures = 0
    mine = mine.filter(isOpen)
    // Not before they are there.
    await written
    await remove(done)
    waiting -= done.length
  }

  /** Sends what waits now, or until it has to wait itself; what comes meanwhile gathers for the next time. */
  async function drain(): Promise<void> {
    const before = mine
    let rows = await all()
    const over = rows.splice(0, rows.length - maxQueued)
    if (over[0]) {
      await remove(over)
      dropped += over.length
      tell(requestError(`${over.length} dropped`))
    }
    waiting = rows.length
    while (isActive() && !pauses) {
      rows = rows.filter(isOpen)
      if (!rows[0]) {
        // What was there before is sent, by whichever tab.
        mine = mine.filter((row) => !before.includes(row))
        return
      }

      // A page that goes does not end it. Others may have used up what is free for that, so that the next attempt is without.
      const request = nextBatch(rows, most)
      const error = await deliver(request, !failures)
      if (!error) continue
      const { status = 500 } = error
      if (status !== 429 && status < 500) tell(error)
      if (status === 401) {
        // There is no token for their owner, whose records keep their order. The others go on.
        const [{ who }] = request as [Row]
        taken.add(who)
        setTimeout(() => {
          taken.delete(who)
          void flush()
        }, NO_TOKEN_MS)
      } else if (!error.retryAfterMs) {
        return wake(Math.random() * 1000 * 2 ** Math.min(failures++, 6))
      }
    }
  }

  /** All tabs at once would send the same; one of them does. */
  async function flush(): Promise<Omit<Counts, 'rejected'>> {
    timer = clearTimeout(timer) as undefined
    if (isActive()) {
      await write()
      // There are no locks without https. Then two tabs may send the same; by its key Heap takes it once.
      await (navigator.locks?.request(name, drain).catch(drain) ?? drain())
    }
    return { waiting, sent, dropped }
  }

  return {
    wake,
    flush,

    add(row) {
      // In the order of time, and of no other tab.
      unwritten.push({ ...row, key: `${name}:${Date.now()}.${serial++}.${Math.random()}` })
      // Timers cost: the call itself makes one, for all that is added meanwhile.
      return (nextWrite ??= new Promise((resolve) => setTimeout(resolve)).then(() => {
        // At each full request once.
        if (!failures && (mine.length % RECORDS) + unwritten.length >= RECORDS) wake(0)
        else if (!timer) wake(GATHER_MS)
        return write()
      }))
    },

    leave() {
      void write()
      if (pauses) return
      // Of properties the last ones win, so that they keep their order and wait for the next page.
      let rows = mine.filter((row) => isOpen(row) && row.list === 'events')
      while (rows[0]) {
        // What is too much together the browser refuses.
        void deliver(nextBatch(rows, most), true)
        rows = rows.filter(isOpen)
      }
    },

    async clear() {
      unwritten = []
      mine = []
      waiting = 0
      const rows = await all()
      // Nor what is in hand.
      for (const { key } of rows) taken.add(key)
      await remove(rows)
    },
  }
}
