/**
 * The bindings of the Worker, as in the root's wrangler.toml. Settings are strings beside them; `config.ts` reads those.
 * @module
 */
import type { DeletionLedger } from './deletions/durable.ts'
import type { OutboxShard } from './outbox/durable.ts'
import type { Metrics } from './metrics/durable.ts'
import type { WorkflowLedger } from './workflows/durable.ts'

export interface Env {
  /** The browser client and the operations page. */
  ASSETS: Fetcher
  IDENTITY_LIMITER: DurableObjectNamespace
  APP_BUDGET: DurableObjectNamespace
  OUTBOX: DurableObjectNamespace<OutboxShard>
  DELETIONS: DurableObjectNamespace<DeletionLedger>
  WORKFLOW_LEDGER: DurableObjectNamespace<WorkflowLedger>
  WORKFLOWS: Workflow
  METRICS: DurableObjectNamespace<Metrics>
  /** Gets the figures too, where it is bound. */
  ANALYTICS?: AnalyticsEngineDataset
  /** Asked where CLIENT_RATE_LIMIT is on. */
  CLIENT_RATE_LIMITER: RateLimit
}
