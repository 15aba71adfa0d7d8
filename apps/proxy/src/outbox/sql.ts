/**
 * The tables of one shard of the outbox.
 * @module
 */

/** A record that waits, without its body. */
export interface WaitingRow {
  /** The order in which the records came. */
  seq: number
  owner: number
  path: string
  /** Bytes of the body. */
  size: number
  /** When it was stored, in ms since 1970. */
  at: number
}

/** A record that will not be sent by itself again, and why. */
export interface SetAsideRow {
  id: number
  owner: string
  path: string
  body: string
  at: number
  set_aside_at: number
  why: 'refused' | 'expired'
  /** Heap's status and what it said, where it refused. */
  status: number | null
  reason: string | null
}

/**
 * `owners` are the identities and accounts that this shard sends for; `held` where it is certain that their limiters know.
 * Nothing is kept of the `suppressed` ones.
 * `logs` is what counted of them when they were asked last, at `held_at`. `sent` tells what was sent since: events by owner.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS records (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  owner INTEGER NOT NULL,
  path TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS set_aside (
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  path TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  set_aside_at INTEGER NOT NULL,
  why TEXT NOT NULL,
  status INTEGER,
  reason TEXT
);
CREATE INDEX IF NOT EXISTS set_aside_owner ON set_aside (owner);
CREATE TABLE IF NOT EXISTS owners (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  held INTEGER NOT NULL DEFAULT FALSE,
  held_at INTEGER,
  logs TEXT
);
CREATE TABLE IF NOT EXISTS suppressed (owner INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS sent (at INTEGER NOT NULL, counts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`
