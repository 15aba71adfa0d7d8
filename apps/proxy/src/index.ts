/**
 * What Cloudflare calls: `fetch`, `scheduled` and the exported classes. Wiring only.
 * @module
 */
import { app } from './app.ts'
import { deletionLedger } from './deletions/durable.ts'
import type { Env } from './env.ts'
import { workflowLedger } from './workflows/durable.ts'

export { DeletionLedger } from './deletions/durable.ts'
export { AppBudget, IdentityLimiter } from './limits/durable.ts'
export { Metrics } from './metrics/durable.ts'
export { OutboxShard } from './outbox/durable.ts'
export { WorkflowLedger } from './workflows/durable.ts'
export { WorkflowRun } from './workflows/instance.ts'

/** Schedules are looked at each minute; Heap asks for ten minutes between questions about a deletion. */
const EACH_MINUTE = '* * * * *'

export default {
  fetch: app.fetch,
  scheduled: ({ cron, scheduledTime }, env) =>
    cron === EACH_MINUTE ? workflowLedger(env).round(scheduledTime) : deletionLedger(env).round(),
} satisfies ExportedHandler<Env>
