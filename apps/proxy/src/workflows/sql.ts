/**
 * The tables of the ledger of runs.
 * @module
 */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    trigger TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    next_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER,
    problem TEXT,
    bytes INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS runs_by_key ON runs (workflow, key, created_at);
  CREATE INDEX IF NOT EXISTS runs_by_next ON runs (next_at) WHERE next_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state, seen_at);
  CREATE TABLE IF NOT EXISTS inputs (
    run INTEGER NOT NULL,
    part INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run, part)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS steps (
    run INTEGER NOT NULL,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    problem TEXT,
    PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS pages (
    task TEXT NOT NULL,
    page INTEGER NOT NULL,
    part INTEGER NOT NULL,
    total INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (task, page, part)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS synced (segment INTEGER PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS signatures (signature TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS schedules (workflow TEXT PRIMARY KEY, last_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS locks (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS connections (
    id_token TEXT PRIMARY KEY,
    access_token TEXT NOT NULL,
    metadata TEXT NOT NULL,
    at INTEGER NOT NULL
  ) WITHOUT ROWID;
`

/** `received`: safe, and not started yet. */
export const STATES = ['received', 'running', 'complete', 'errored'] as const
export type RunState = (typeof STATES)[number]

export interface RunRow {
  seq: number
  id: string
  workflow: string
  trigger: string
  key: string
  state: RunState
  created_at: number
  /** When it was heard of last, or will be heard of again where it sleeps. */
  seen_at: number
  /** When the platform is asked to start it; nothing where it is started. */
  next_at: number | null
  attempts: number
  ended_at: number | null
  problem: string | null
  bytes: number
}

export interface StepRow {
  name: string
  state: 'running' | 'waiting' | 'complete' | 'failed' | 'errored'
  attempts: number
  started_at: number
  ended_at: number | null
  problem: string | null
}

/** Characters of a text in one row: a Durable Object takes 2 MB in one. */
const PART_CHARACTERS = 500_000

/** A text in parts that a row can hold; one of no characters is one part. No pair of surrogates is cut, which SQLite would lose. */
export function partsOf(text: string, most = PART_CHARACTERS): string[] {
  const parts: string[] = []
  let at = 0
  do {
    const isCut = /[\uD800-\uDBFF]/.test(text.charAt(at + most - 1)) && at + most < text.length
    const end = at + most - (isCut ? 1 : 0)
    parts.push(text.slice(at, end))
    at = end
  } while (at < text.length)
  return parts
}
