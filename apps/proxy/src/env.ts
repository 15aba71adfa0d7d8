/**
 * The bindings of the Worker, as in the root's wrangler.toml. Settings are strings beside them; `config.ts` reads those.
 * @module
 */
import type { DeletionLedger } from './deletions/durable.ts'
import type { OutboxShard } from './outbox/durable.ts'

export interface Env {
  /** The browser client. */
  ASSETS: Fetcher
  IDENTITY_LIMITER: DurableObjectNamespace
  APP_BUDGET: DurableObjectNamespace
  OUTBOX: DurableObjectNamespace<OutboxShard>
  DELETIONS: DurableObjectNamespace<DeletionLedger>
  /** Asked where CLIENT_RATE_LIMIT is on. */
  CLIENT_RATE_LIMITER: RateLimit
}
