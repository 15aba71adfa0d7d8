/**
 * The bindings of the Worker, as in wrangler.toml.
 * @module
 */
import type { LocalHeap } from './heap.ts'

export interface Env {
  HEAP: DurableObjectNamespace<LocalHeap>
  /** The page. */
  ASSETS: Fetcher
  /** The key that the sandbox takes. */
  HEAP_API_KEY: string
  /** How long a deletion stays pending, in ms of the sandbox's clock. */
  DELETION_MS: string
  /** The one partner that may be connected. */
  PARTNER_CLIENT_ID: string
  PARTNER_CLIENT_SECRET: string
  /** Where webhooks go that are sent to no other place, and the secret part of the event webhook's path there. */
  PROXY_URL: string
  HOOK_TOKEN: string
  /** Signs the pages of a segment sync. */
  WEBHOOK_SECRET: string
}
