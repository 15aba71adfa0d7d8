/**
 * The tables of the ledger, and what stands in them.
 * @module
 */
import type { DeletionState } from './state.ts'

/** A deletion. Times are in ms since 1970. */
export interface DeletionRow {
  seq: number
  id: string
  state: DeletionState
  users: number
  accepted_at: number
  /** From when on it is told how long it takes: from its acceptance, or since it was taken up again. */
  counted_from: number
  /** How often it was taken up again after it had timed out. */
  resumed: number
  submitted_at: number | null
  ended_at: number | null
  /** Until when its users are suppressed, once that is known; 0 where nothing was deleted. */
  suppressed_until: number | null
  /** When it is submitted or asked about next. */
  next_at: number | null
  /** Attempts in a row that Heap did not take. */
  failures: number
  /** Whether it was told that it takes too long. */
  overdue: 0 | 1
  /** What went wrong last, for people to read. */
  problem: string | null
  /** What the request was, to know it when its `Idempotency-Key` comes again. */
  fingerprint: string
}

/** A request of Heap by which a deletion is followed. */
export interface RequestRow {
  heap_id: string
  /** What Heap said last; `unknown` where it does not know the id. */
  status: string
  submitted_at: number
  polled_at: number | null
}

/** What has happened to a deletion. */
export interface AuditRow {
  at: number
  what: string
  users: number
  note: string | null
}

/** A notification. `body` is gone once it was delivered. */
export interface NoticeRow {
  id: string
  deletion: number
  channel: Channel
  event: string
  body: string | null
  created_at: number
  next_at: number | null
  attempts: number
  delivered_at: number | null
  problem: string | null
}

/** Where notifications go; `workflow` is those of heap.config.ts that wait for deletions. */
export type Channel = 'slack' | 'webhook' | 'workflow'

/**
 * `subjects` are the users of a deletion: `kind` is `identity` or `user_id`. `stage` is 0 until a subject is suppressed, then 1.
 * When a deletion has ended and the end of the suppression is known to its limiter, only `hash` is left.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS deletions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  users INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL,
  counted_from INTEGER NOT NULL,
  resumed INTEGER NOT NULL DEFAULT 0,
  submitted_at INTEGER,
  ended_at INTEGER,
  suppressed_until INTEGER,
  next_at INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  overdue INTEGER NOT NULL DEFAULT FALSE,
  problem TEXT,
  idempotency_key TEXT UNIQUE,
  fingerprint TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deletions_state ON deletions (state, next_at);
CREATE TABLE IF NOT EXISTS subjects (
  deletion INTEGER NOT NULL,
  n INTEGER NOT NULL,
  hash TEXT NOT NULL,
  kind TEXT,
  value TEXT,
  name TEXT,
  stage INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (deletion, n)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS subjects_hash ON subjects (hash);
CREATE INDEX IF NOT EXISTS subjects_left ON subjects (deletion, stage) WHERE value IS NOT NULL;
CREATE TABLE IF NOT EXISTS requests (
  deletion INTEGER NOT NULL,
  heap_id TEXT NOT NULL,
  status TEXT NOT NULL,
  submitted_at INTEGER NOT NULL,
  polled_at INTEGER,
  PRIMARY KEY (deletion, heap_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
  deletion INTEGER NOT NULL,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  users INTEGER NOT NULL,
  note TEXT
);
CREATE INDEX IF NOT EXISTS audit_deletion ON audit (deletion);
CREATE TABLE IF NOT EXISTS notices (
  id TEXT NOT NULL,
  deletion INTEGER NOT NULL,
  channel TEXT NOT NULL,
  event TEXT NOT NULL,
  body TEXT,
  created_at INTEGER NOT NULL,
  next_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  delivered_at INTEGER,
  problem TEXT,
  PRIMARY KEY (id, channel)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS notices_due ON notices (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS notices_deletion ON notices (deletion);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`
