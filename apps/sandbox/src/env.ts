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
}
