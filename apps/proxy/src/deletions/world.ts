/**
 * What the ledger is given: users, settings, and the world around it.
 * @module
 */
import type { Sql } from '../sql.ts'
import type { AuditRow, Channel, DeletionRow, NoticeRow, RequestRow } from './sql.ts'

/** Whom a deletion is about. */
export interface DeletedUser {
  kind: 'identity' | 'user_id'
  value: string
}

/** The same, with the name by which the people who are told know them. */
export interface NamedUser extends DeletedUser {
  name?: string
}

export interface LedgerSettings {
  /** A deletion that is not complete after this time is told about, in ms. */
  overdueMs: number
  /** After this time it is not asked about by itself any more, in ms. */
  timeoutMs: number
  /** What was let through before its user was suppressed has reached Heap after this time, in ms. */
  underWayMs: number
  /** How long users stay suppressed after their deletion, in ms. */
  graceMs: number
  /** Users in one round of suppressing them. */
  usersPerRound: number
  /** Who is told. */
  channels: readonly Channel[]
}

/** What came of a submission. */
export type Submission =
  | { kind: 'submitted'; id: string; status: string }
  /** Heap refuses it for good. */
  | { kind: 'refused'; problem: string }
  /** Heap does not take it now, or nobody knows whether it did: then its answer may come `late`, with the id. */
  | { kind: 'not-now'; problem: string; retryAfterMs?: number | undefined; late?: Promise<string | undefined> }

/** What came of asking for a status. */
export type Asked =
  | { kind: 'status'; status: string }
  /** Heap does not know the id. */
  | { kind: 'unknown' }
  /** With `onlyThis` there is no reason why Heap should not answer other questions. */
  | { kind: 'not-now'; problem: string; onlyThis?: boolean }

/** What came of a notification. */
export type Notified = { ok: true } | { ok: false; problem: string; retryAfterMs?: number | undefined }

/** What became of a request to delete users. `conflict`: this `Idempotency-Key` came with other users before. */
export type Created = { outcome: 'created' | 'known'; deletion: DeletionRow } | { outcome: 'conflict' }

/** Everything about one deletion. */
export interface DeletionDetail extends DeletionRow {
  requests: RequestRow[]
  audit: AuditRow[]
  notices: Omit<NoticeRow, 'body'>[]
}

/** What the ledger needs of the world. */
export interface World {
  sql: Sql
  /** All that is written meanwhile, or nothing of it where that throws: whoever asks again must not find a half of it. */
  whole<Result>(write: () => Result): Result
  /** Milliseconds since 1970. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** An id that nobody can guess. */
  uuid(): string
  /**
   * Sees to it that until this time nothing of these users goes to Heap, and that nothing of them waits. Throws where it could
   * not. Ignored after one with a higher `call`: it has come late.
   */
  suppress(users: readonly DeletedUser[], until: number, call: number): Promise<void>
  /** Asks Heap to delete users. */
  submit(users: readonly DeletedUser[]): Promise<Submission>
  /** Asks Heap how far a request is. */
  ask(heapId: string): Promise<Asked>
  /** Tells somebody. */
  notify(notice: Pick<NoticeRow, 'id' | 'channel' | 'body'>): Promise<Notified>
  /** Has {@link Ledger.run} called at this time, and not at the time that was set before. */
  setAlarm(at: number): void
}
