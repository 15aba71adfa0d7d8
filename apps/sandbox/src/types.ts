/**
 * What the control routes answer, for the Worker, its page and whoever tests against it.
 * @module
 */
/** The largest counts in any rolling window since the last reset, of all that was seen. */
export interface Maxima {
  requestsPerIdentity30s: number
  eventsPerIdentity60s: number
  eventsPerApp60s: number
}

/** `GET /_sandbox/stats` */
export interface Stats {
  /** Requests to Heap's routes, whatever was answered. */
  requests: number
  /** Events that are stored. */
  events: number
  /** Identities, and user_ids that belong to none. */
  users: number
  accounts: number
  /** Events that were not stored because their idempotency_key was known. */
  duplicates: number
  max: Maxima
}

/** Properties as Heap keeps them: lists are joined. */
export type StoredProperties = Record<string, string | number>

/** An event; one that came with a user_id has an identity as well once that user_id is joined to one. */
export interface SandboxEvent {
  id: number
  app_id: string
  event: string
  identity?: string
  user_id?: string
  properties: StoredProperties
  timestamp: string
  session_id?: string
  idempotency_key?: string
  received_at: string
}

/** A user: an identity with the user_ids that were joined to it, or one user_id that nobody has identified. */
export interface SandboxUser {
  app_id: string
  identity?: string
  user_ids: string[]
  properties: StoredProperties
  /** Number of events, those of the joined user_ids included. */
  events: number
  first_seen: string
  last_seen: string
}

export interface SandboxAccount {
  app_id: string
  account_id: string
  properties: StoredProperties
  first_seen: string
  last_seen: string
}

export interface SandboxDeletion {
  deletion_request_id: string
  status: 'pending' | 'complete'
  /** How many users it names, and the first of them. */
  count: number
  users: ({ identity: string } | { user_id: string })[]
  requested_at: string
  /** When it completes by itself. */
  due_at: string
  completed_at?: string
}

/** A request to one of Heap's routes. */
export interface SandboxRequest {
  id: number
  received_at: string
  method: string
  path: string
  app_id?: string
  /** What was answered; null where the connection was cut. */
  status: number | null
  /** The first of the identities and user_ids in it. */
  identities: string[]
  /** Events, users or accounts in it. */
  records: number
  /** Why nothing, or not all of it, was stored. */
  note?: string
}

/** `GET /_sandbox/rate` */
export interface Rate {
  /** Requests that one identity may send within `window_s` seconds. */
  limit: number
  window_s: number
  /** Who has sent most in the last 30 s; a user_id stands in `identity` too. */
  busiest: { app_id: string; identity: string; requests: number } | null
  /** The second that the last value of `per_second` is of. */
  until: string
  /** By second, the largest number of requests that any one identity had sent in the 30 s before. */
  per_second: number[]
}

/** How Heap's routes are to fail. */
export interface Fault {
  /** Only this path, and what lies below it. */
  path?: string
  /** Answer this, and store nothing. */
  status?: number
  /** The share of the requests that is hit, 0 to 1. */
  rate?: number
  /** Answer this much later. */
  latencyMs?: number
  /** The `Retry-After` of a `status`: seconds, or the field as it is. */
  retryAfter?: number | string
  /** Cut the connection instead of an answer, before or after the request is stored. */
  drop?: 'before' | 'after'
  /** How many requests it hits. */
  times?: number
}

/** What the page shows. */
export interface Snapshot {
  now: string
  stats: Stats
  rate: Rate
  faults: Fault[]
  users: Shortened<SandboxUser>[]
  events: Shortened<SandboxEvent>[]
  accounts: Shortened<SandboxAccount>[]
  deletions: SandboxDeletion[]
  /** Requests of which nothing, or not all, was stored. */
  refused: SandboxRequest[]
}

/** With the first few properties, and how many more there are. */
export type Shortened<T extends { properties: StoredProperties }> = T & { more: number }

/** What became of one webhook that the sandbox sent. */
export interface Delivery {
  /** Of the last attempt; null where no answer came. */
  status: number | null
  /** The beginning of the receiver's last answer, or why there is none. */
  body: string
  /** How long the last attempt took. */
  ms: number
  attempts: number
}

/** `POST /_sandbox/webhooks/event` */
export interface EventReport {
  url: string
  /** What was sent. */
  body: object
  deliveries: Delivery[]
}

/** `POST /_sandbox/webhooks/segment` */
export interface SegmentReport {
  url: string
  /** Which pages belong together; a drain has none. */
  sync_task_id?: string
  /** In the order in which they were sent. */
  deliveries: PageDelivery[]
}

export interface PageDelivery extends Delivery {
  page_number?: number
  /** Whether it is what was sent before, byte for byte. */
  replay?: true
}
