/** The bindings of the Worker, as in the root's wrangler.toml. Settings are strings that config.ts reads. */
interface Env {
  ASSETS: Fetcher
  IDENTITY_LIMITER: DurableObjectNamespace
  APP_BUDGET: DurableObjectNamespace
}
