/**
 * What a shard of the outbox is given and says: records, settings, the world around it, how it stands.
 * @module
 */
import type { Entry } from '@heap-edge/contract'
import type { Delivery } from '../forward.ts'
import type { Rule } from '../limits/windows.ts'
import type { Sql } from '../sql.ts'

/** A record on its way to Heap. */
export interface OutboxRecord {
  /** Whom it is about: what `ownerKey` gives. */
  owner: string
  /** The route of Heap. */
  path: string
  /** The record as JSON, as it stands in Heap's lists. */
  body: string
}

export interface OutboxSettings {
  app_id: string
  shard: number
  maxRows: number
  maxBytes: number
  /** Older records are set aside, in ms. */
  maxAgeMs: number
  rules: readonly Rule[]
  /** How much wider than Heap's the windows are, in ms. */
  marginMs: number
  /** How long a request may be under way to Heap, in ms. */
  underWayMs: number
  /** How long an owner of which nothing waits any more is held on to, in ms. */
  lingerMs: number
}

/** A record for which there is room, with the id of its owner, which is held. */
export interface ArrivedRow {
  owner: number
  path: string
  body: string
  /** Bytes of the body. */
  size: number
}

/** What became of an attempt to store records: they can be inserted now, there is no room, or another shard holds owners. */
export type Arrival =
  | { outcome: 'room'; rows: ArrivedRow[] }
  | { outcome: 'full'; retryAfterMs: number }
  | { outcome: 'elsewhere'; holders: Record<string, number> }

/** How a shard stands. */
export interface OutboxStatus {
  /** Records that wait. */
  depth: number
  /** Bytes of all records, those set aside too. */
  bytes: number
  /** Age of the oldest record that waits, in ms. */
  oldestAgeMs: number | null
  setAside: number
  /** Attempts in a row that Heap did not take, what came of the last one, and when the next one is due, in ms since 1970. */
  failures: number
  problem: string | null
  notBefore: number | null
}

/** What the outbox needs of the world. */
export interface World {
  sql: Sql
  /** Milliseconds since 1970. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** Asks the limiter of an owner to send everything here: who holds it then, and what counts of it. */
  hold(owner: string, life: number): Promise<{ holder: number; logs: Entry[][] }>
  /** Gives an owner back to its limiter, with what was sent for it since. Ignored after a `hold` of a later life: it has come late. */
  release(owner: string, life: number, sent: Entry[][]): Promise<{ holder: number }>
  /** Asks for up to so many of the environment's events: how many may be sent now, or how long to wait, in ms. */
  lease(events: number): Promise<{ granted: number; waitMs: number }>
  /** Sends a request with so many records to Heap. */
  send(path: string, body: string, records: number): Promise<Delivery>
  /** Has {@link Outbox.drain} called at this time, and not at the time that was set before. */
  setAlarm(at: number): void
}
