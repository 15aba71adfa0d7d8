/**
 * The identities and accounts that a shard holds: how many of their records wait, and what their limits let through.
 *
 * While a shard holds an identity, its limiter sends everything here and counts nothing, so that this is the only place which
 * sends for it and no call is needed to know what it may.
 * @module
 */
import type { Entry } from '@heap-edge/contract'
import { ARRIVAL_MS } from '../forward.ts'
import { type Rule, Windows } from '../limits/windows.ts'
import type { Sql } from '../sql.ts'

/** One request with one event: what an owner has to be allowed so that something of it can be sent. */
const LEAST = [1, 1]

/** Longer than any window with its margin, in ms. */
const REACH_MS = 121_000

export class Owners {
  readonly #sql: Sql
  readonly #rules: readonly Rule[]
  readonly #marginMs: number
  /** Records that wait, by owner. */
  readonly #waiting = new Map<number, number>()
  /** Owners of which nothing waits, and since when: they are given back to their limiters. */
  readonly #idle = new Map<number, number>()
  /** Those that are being deleted: nothing of them is sent, or stored. */
  readonly #suppressed = new Set<number>()
  /** What counts of those of which something was sent lately: in all, and what of it was sent from here. */
  readonly #windows = new Map<number, { all: Windows; own: Windows; nextAt: number }>()

  constructor(sql: Sql, rules: readonly Rule[], marginMs: number, now: number) {
    this.#sql = sql
    this.#rules = rules
    this.#marginMs = marginMs
    for (const { id } of sql.exec<{ id: number }>('SELECT id FROM owners')) this.#idle.set(id, now)
    const counts = sql.exec<{ owner: number; records: number }>(
      'SELECT owner, count(*) AS records FROM records GROUP BY owner',
    )
    for (const { owner, records } of counts) this.expect(owner, records)
    for (const { owner } of sql.exec<{ owner: number }>('SELECT owner FROM suppressed')) this.#suppressed.add(owner)
    const held = sql.exec<{ id: number; logs: string }>('SELECT id, logs FROM owners WHERE held_at > ?', now - REACH_MS)
    for (const { id, logs } of held) this.#addLogs(id, now, JSON.parse(logs) as Entry[][])
    const sent = sql.exec<{ at: number; counts: string }>('SELECT at, counts FROM sent WHERE at > ?', now - REACH_MS)
    for (const { at, counts } of sent) {
      for (const [id, events] of Object.entries(JSON.parse(counts) as Record<string, number>)) {
        this.#addOwn(Number(id), at, events)
      }
    }
  }

  /** The id of an owner that this shard holds for certain. */
  held(key: string): number | undefined {
    return this.#sql.exec<{ id: number }>('SELECT id FROM owners WHERE key = ? AND held', key)[0]?.id
  }

  /** Notes that its limiter is about to be asked for an owner: from now on it has to be given back. */
  begin(key: string): number {
    this.#sql.exec('INSERT OR IGNORE INTO owners (key) VALUES (?)', key)
    const [row] = this.#sql.exec<{ id: number }>('SELECT id FROM owners WHERE key = ?', key)
    const { id } = row as { id: number }
    this.#idle.delete(id)
    return id
  }

  /**
   * Notes that it is held now, with what its limiter counted. What this shard has sent for it before, and could not give back
   * for certain, counts on top, even where it is in there already: rather too much than too little.
   *
   * @param underWayMs a request that was let through so lately may not have reached Heap yet, and counts as of a little later
   */
  hold(id: number, now: number, logs: Entry[][], underWayMs: number): void {
    const later = now + Math.min(underWayMs, ARRIVAL_MS)
    const arrived = logs.map((log) => log.map(([at, count]): Entry => [now - at < underWayMs ? later : at, count]))
    this.#sql.exec(
      'UPDATE owners SET held = TRUE, held_at = ?, logs = ? WHERE id = ?',
      now,
      JSON.stringify(arrived),
      id,
    )
    this.#addLogs(id, now, arrived)
  }

  /** Notes that it is about to be given back: from now on it is not certain any more that it is held. */
  end(id: number): void {
    this.#sql.exec('UPDATE owners SET held = FALSE WHERE id = ?', id)
    this.#idle.delete(id)
  }

  /** Notes that its limiter could not be reached: it still has to be given back. */
  doubt(id: number, now: number): void {
    if (!this.#waiting.has(id)) this.#idle.set(id, now)
  }

  /** Forgets an owner that is held no longer. */
  forget(id: number): void {
    this.#sql.exec('DELETE FROM owners WHERE id = ?', id)
    if (this.#suppressed.delete(id)) this.#sql.exec('DELETE FROM suppressed WHERE owner = ?', id)
    this.#idle.delete(id)
    this.#windows.delete(id)
  }

  /** More records of it wait, or are about to. */
  expect(id: number, records: number): void {
    this.#idle.delete(id)
    this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + records)
  }

  /** So many do not wait any more. */
  settle(id: number, records: number, now: number): void {
    const left = (this.#waiting.get(id) ?? 0) - records
    if (left > 0) this.#waiting.set(id, left)
    else if (this.#waiting.delete(id)) this.#idle.set(id, now)
  }

  /** Of those of these owners that are here nothing is sent or stored any more, until they are given back. Their ids. */
  suppress(keys: readonly string[]): number[] {
    const query = 'SELECT id FROM owners WHERE key IN (SELECT value FROM json_each(?))'
    const ids = this.#sql.exec<{ id: number }>(query, JSON.stringify(keys)).map(({ id }) => id)
    this.#sql.exec('INSERT OR IGNORE INTO suppressed SELECT value FROM json_each(?)', JSON.stringify(ids))
    for (const id of ids) this.#suppressed.add(id)
    return ids
  }

  endSuppression(keys: readonly string[]): void {
    const query = 'SELECT id FROM owners WHERE key IN (SELECT value FROM json_each(?))'
    for (const { id } of this.#sql.exec<{ id: number }>(query, JSON.stringify(keys))) {
      if (this.#suppressed.delete(id)) this.#sql.exec('DELETE FROM suppressed WHERE owner = ?', id)
    }
  }

  /** When something was sent, in this life or the one before; 0 where that is long ago. */
  get lastSentAt(): number {
    return this.#sql.exec<{ at: number | null }>('SELECT max(at) AS at FROM sent')[0]?.at ?? 0
  }

  isSuppressed(id: number): boolean {
    return this.#suppressed.has(id)
  }

  /** Notes that a request is about to be sent: one of each of these owners, and its events. */
  send(now: number, counts: ReadonlyMap<number, number>): void {
    this.#sql.exec('DELETE FROM sent WHERE at < ?', now - REACH_MS)
    this.#sql.exec('INSERT INTO sent (at, counts) VALUES (?, ?)', now, JSON.stringify(Object.fromEntries(counts)))
    for (const [id, events] of counts) this.#addOwn(id, now, events)
  }

  /** Those of which something waits that may not be sent now. */
  blocked(now: number): number[] {
    const blocked = [...this.#suppressed]
    for (const [id, { all }] of this.#windows) {
      if (all.empty(now)) this.#windows.delete(id)
      else if (this.#waiting.has(id) && this.freeAt(id, now) > now) blocked.push(id)
    }
    return blocked
  }

  /** How many events of an owner may be sent now. */
  eventsLeft(id: number, now: number): number {
    return (this.#windows.get(id)?.all.quotas(now)[1]?.remaining ?? this.#rules[1]?.limit) as number
  }

  /** When something of an owner may be sent. */
  freeAt(id: number, now: number): number {
    const windows = this.#windows.get(id)
    return windows ? Math.max(now + windows.all.wait(now, LEAST), windows.nextAt) : now
  }

  /**
   * When the next owner can be given back; Infinity where nobody is to be. It waits for `lingerMs`, since whoever sends much
   * would be taken over again at once, and until the limits have room for what comes next.
   */
  nextIdle(now: number, lingerMs: number): number {
    let next = Infinity
    for (const [id, since] of this.#idle) next = Math.min(next, Math.max(since + lingerMs, this.freeAt(id, now)))
    return next
  }

  /** Some of those that can be given back. */
  idle(now: number, lingerMs: number, most: number): { id: number; key: string }[] {
    const ids: number[] = []
    for (const [id, since] of this.#idle) {
      if (ids.length === most) break
      if (since + lingerMs <= now && this.freeAt(id, now) <= now) ids.push(id)
    }
    const query = 'SELECT id, key FROM owners WHERE id IN (SELECT value FROM json_each(?))'
    return this.#sql.exec<{ id: number; key: string }>(query, JSON.stringify(ids))
  }

  /** What still counts of what this shard has sent for an owner. */
  sent(id: number, now: number): Entry[][] {
    const own = this.#windows.get(id)?.own
    own?.wait(now, LEAST)
    return own?.logs ?? []
  }

  #windowsOf(id: number, now: number) {
    let windows = this.#windows.get(id)
    if (!windows) {
      const empty = () => new Windows(this.#rules, this.#marginMs, now)
      this.#windows.set(id, (windows = { all: empty(), own: empty(), nextAt: 0 }))
    }
    return windows
  }

  #addOwn(id: number, at: number, events: number): void {
    const windows = this.#windowsOf(id, at)
    windows.all.add(at, [1, events])
    windows.own.add(at, [1, events])
    // The second half of the requests is spread, so that what trickles in goes together and nobody has to wait for long.
    const [{ limit, windowMs }] = this.#rules as [Rule]
    const left = windows.all.quotas(at)[0]?.remaining ?? 0
    windows.nextAt = left < limit / 2 ? at + Math.ceil((windowMs + this.#marginMs) / limit) : at
  }

  #addLogs(id: number, now: number, logs: Entry[][]): void {
    this.#windowsOf(id, now).all.addLogs(logs)
  }
}
