/**
 * The notifications about deletions: written in the transaction of what is told, and sent until somebody takes them.
 * @module
 */
import type { Sql } from '../sql.ts'
import { messageOf, type NoticeEvent } from './messages.ts'
import type { Channel, DeletionRow, NoticeRow } from './sql.ts'
import { nextAttemptAt, NOTICE_BACKOFF, NOTICE_LIFE_MS } from './state.ts'
import type { World } from './world.ts'

/** Notifications in one run. */
const NOTICES_PER_RUN = 20

export class Notices {
  readonly #world: World
  readonly #sql: Sql
  readonly #channels: readonly Channel[]

  constructor(world: World, channels: readonly Channel[]) {
    this.#world = world
    this.#sql = world.sql
    this.#channels = channels
  }

  /** Writes what everybody is told. */
  add(row: DeletionRow, event: NoticeEvent, names: readonly string[], now: number): void {
    for (const channel of this.#channels) {
      this.#sql.exec(
        `INSERT OR IGNORE INTO notices (id, deletion, channel, event, body, created_at, next_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        // Who takes it up again is to hear of its end again.
        row.resumed === 0 ? `${row.id}_${event}` : `${row.id}_${event}_${row.resumed + 1}`,
        row.seq,
        channel,
        event,
        messageOf(channel, event, row, names, now),
        now,
        now,
      )
    }
  }

  /** Those of a deletion, without their bodies. */
  of({ seq }: DeletionRow): Omit<NoticeRow, 'body'>[] {
    return this.#sql.exec<Omit<NoticeRow, 'body'>>(
      `SELECT id, deletion, channel, event, created_at, next_at, attempts, delivered_at, problem
       FROM notices WHERE deletion = ? ORDER BY created_at`,
      seq,
    )
  }

  /** Sends some of those that are due. */
  async send(): Promise<void> {
    const query = 'SELECT * FROM notices WHERE next_at <= ? ORDER BY next_at LIMIT ?'
    const due = this.#sql.exec<NoticeRow>(query, this.#world.now(), NOTICES_PER_RUN)
    for (const notice of due) await this.#send(notice)
  }

  /** When the next one is due. */
  next(): number {
    const query = 'SELECT min(next_at) AS at FROM notices WHERE next_at IS NOT NULL'
    return this.#sql.exec<{ at: number | null }>(query)[0]?.at ?? Infinity
  }

  async #send(notice: NoticeRow): Promise<void> {
    const attempts = notice.attempts + 1
    const now = this.#world.now()
    const later = (failures: number, retryAfterMs?: number) =>
      nextAttemptAt(now, NOTICE_BACKOFF, failures, retryAfterMs, () => this.#world.random())
    // First of all, so that a crash delays it and does not send it again and again.
    this.#change(notice, { ...notice, attempts, next_at: later(attempts) })
    const notified = await this.#world.notify(notice)
    if (notified.ok) {
      const delivered_at = this.#world.now()
      this.#change(notice, { attempts, next_at: null, delivered_at, problem: null })
      return
    }
    const { problem, retryAfterMs } = notified
    const next_at = now - notice.created_at > NOTICE_LIFE_MS ? null : later(notice.attempts, retryAfterMs)
    this.#change(notice, { attempts, next_at, delivered_at: null, problem })
  }

  /** What becomes of a notification: `next_at` where it is sent again; else its body, with the names in it, is gone. */
  #change(
    { id, channel }: NoticeRow,
    { attempts, next_at, delivered_at, problem }: Pick<NoticeRow, 'attempts' | 'next_at' | 'delivered_at' | 'problem'>,
  ): void {
    this.#sql.exec(
      `UPDATE notices SET attempts = ?, next_at = ?, delivered_at = ?, problem = ?, body = iif(? IS NULL, NULL, body)
       WHERE id = ? AND channel = ?`,
      attempts,
      next_at,
      delivered_at,
      problem,
      next_at,
      id,
      channel,
    )
  }
}
