/**
 * The tables.
 * @module
 */

/**
 * A row of `users` is an identity or a user_id, its `subject` as in `subjectKey`. A joined user_id has the identity as well,
 * and everything that it has sent is counted there. Events are not rewritten by a join: reading them looks the identity up.
 */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, value TEXT NOT NULL);

  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, app_id TEXT NOT NULL, identity TEXT, user_id TEXT, event TEXT NOT NULL,
    properties TEXT NOT NULL, timestamp TEXT NOT NULL, session_id TEXT, idempotency_key TEXT, received_at INTEGER NOT NULL);
  CREATE UNIQUE INDEX IF NOT EXISTS event_keys ON events (app_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

  CREATE TABLE IF NOT EXISTS users (
    app_id TEXT NOT NULL, subject TEXT NOT NULL, identity TEXT, user_id TEXT, joined_at INTEGER,
    properties TEXT NOT NULL DEFAULT '{}', events INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, PRIMARY KEY (app_id, subject)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS joined ON users (app_id, identity) WHERE user_id IS NOT NULL;

  CREATE TABLE IF NOT EXISTS accounts (
    app_id TEXT NOT NULL, account_id TEXT NOT NULL, properties TEXT NOT NULL,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, PRIMARY KEY (app_id, account_id)) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, app_id TEXT,
    status INTEGER, subjects TEXT, records INTEGER NOT NULL, passed INTEGER NOT NULL, note TEXT);
  CREATE INDEX IF NOT EXISTS noted ON requests (id) WHERE note IS NOT NULL;

  CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS connections (
    client_id TEXT PRIMARY KEY, id_token TEXT NOT NULL, access_token TEXT NOT NULL, authorized_at INTEGER NOT NULL) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS deletions (
    id TEXT NOT NULL UNIQUE, requested_at INTEGER NOT NULL, due_at INTEGER NOT NULL, completed_at INTEGER);
  CREATE TABLE IF NOT EXISTS deletion_users (
    deletion_id TEXT NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (deletion_id, subject)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS doomed (app_id TEXT NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (app_id, subject)) WITHOUT ROWID;
`

/** Every table, for emptying them. */
export const TABLES = [
  'state',
  'events',
  'users',
  'accounts',
  'requests',
  'tokens',
  'codes',
  'connections',
  'deletions',
  'deletion_users',
  'doomed',
] as const

/** One environment at one moment. */
export interface Place {
  appId: string
  now: number
}

/** A time as the control routes tell it. */
export function iso(ms: number): string {
  return new Date(ms).toISOString()
}
