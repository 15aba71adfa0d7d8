/**
 * The bindings of the Worker, as in the root's wrangler.toml. Settings are strings beside them; `config.ts` reads those.
 * @module
 */
export interface Env {
  /** The browser client. */
  ASSETS: Fetcher
  IDENTITY_LIMITER: DurableObjectNamespace
  APP_BUDGET: DurableObjectNamespace
}
