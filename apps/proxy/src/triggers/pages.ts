/**
 * Pages of a segment sync, put together in whatever order they come. A page that comes twice counts once.
 * @module
 */
import type { Sql } from '../sql.ts'
import { partsOf } from '../workflows/sql.ts'

/** One page, as far as it is stored. */
export interface SyncPage {
  /** Of which sync: the customer, the segment and the `sync_task_id`. */
  task: string
  /** From 1. */
  page: number
  total: number
  segment: { id: number; name: string }
  added: string[]
  removed: string[]
}

/** All pages of a sync, in their order. */
export type Sync = Pick<SyncPage, 'segment' | 'added' | 'removed'>

/** A sync has no more characters, so that a Worker can hold it: of short ids there are many, each with some 70 bytes of its own. */
export const MOST_CHARACTERS = 5_000_000
/** A sync of which no page has come for so long is given up, in ms. */
const LIFE_MS = 86_400_000
/** Longer than a signature holds, in ms. */
const SIGNATURE_LIFE_MS = 180_000

/** `too-large`, and `another-total`, are refusals: nothing of the page is stored. */
export type Added =
  | { kind: 'waiting' }
  | { kind: 'whole'; sync: Sync }
  | { kind: 'too-large' }
  | { kind: 'another-total' }

export class SegmentPages {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** @returns whether a signature was not there before; then it is from now on */
  isNew(signature: string, now: number): boolean {
    this.#sql.exec('DELETE FROM signatures WHERE at < ?', now - SIGNATURE_LIFE_MS)
    const query = 'INSERT INTO signatures VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING at'
    return this.#sql.exec(query, signature, now).length > 0
  }

  /** Stores a page. With the last one that was missing, its sync leaves the table. */
  add({ task, page, total, segment, added, removed }: SyncPage, now: number): Added {
    const text = JSON.stringify({ segment, added, removed })
    const [known] = this.#sql.exec<{ total: number }>('SELECT total FROM pages WHERE task = ? LIMIT 1', task)
    if (known && known.total !== total) return { kind: 'another-total' }
    const [stored] = this.#sql.exec('SELECT at FROM pages WHERE task = ? AND page = ? LIMIT 1', task, page)
    // Not in parts with one that came before, which may have been written otherwise.
    if (stored) return { kind: 'waiting' }
    const [sum] = this.#sql.exec<{ characters: number | null }>(
      'SELECT sum(length(text)) AS characters FROM pages WHERE task = ?',
      task,
    )
    if ((sum?.characters ?? 0) + text.length > MOST_CHARACTERS) return { kind: 'too-large' }
    for (const [place, part] of partsOf(text).entries()) {
      const query = 'INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?)'
      this.#sql.exec(query, task, page, place, total, part, now)
    }
    const [count] = this.#sql.exec<{ pages: number }>(
      'SELECT count(DISTINCT page) AS pages FROM pages WHERE task = ?',
      task,
    )
    this.#sql.exec('INSERT OR REPLACE INTO synced VALUES (?, ?)', segment.id, now)
    if (count?.pages !== total) return { kind: 'waiting' }
    const sync = this.#whole(task, segment)
    this.#sql.exec('DELETE FROM pages WHERE task = ?', task)
    return { kind: 'whole', sync }
  }

  /** When the newest page of a segment came; 0 where there was none. */
  lastAt(segment: number): number {
    const [row] = this.#sql.exec<{ at: number }>('SELECT at FROM synced WHERE segment = ?', segment)
    return row?.at ?? 0
  }

  /** Gives up syncs of which no page has come for a day. @returns how many */
  expire(now: number): number {
    const query = 'SELECT task FROM pages GROUP BY task HAVING max(at) < ?'
    const tasks = this.#sql.exec<{ task: string }>(query, now - LIFE_MS)
    for (const { task } of tasks) this.#sql.exec('DELETE FROM pages WHERE task = ?', task)
    return tasks.length
  }

  #whole(task: string, segment: SyncPage['segment']): Sync {
    const rows = this.#sql.exec<{ page: number; text: string }>(
      'SELECT page, text FROM pages WHERE task = ? ORDER BY page, part',
      task,
    )
    const texts = new Map<number, string>()
    for (const { page, text } of rows) texts.set(page, (texts.get(page) ?? '') + text)
    const pages = Array.from(texts.values(), (text) => JSON.parse(text) as Sync)
    return {
      segment,
      added: pages.flatMap(({ added }) => added),
      removed: pages.flatMap(({ removed }) => removed),
    }
  }
}
