/**
 * Runs the Workers on workerd, each on a port of its own: what `npm start`, the system tests and the benchmarks build on.
 * The bindings come from each Worker's wrangler.toml; no development server stands in between.
 * @module
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unstable_getMiniflareWorkerOptions as workerOptions, unstable_readConfig as readConfig } from 'wrangler'

// Miniflare and esbuild as wrangler brings them, so that there is one version of each.
const ofWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'))
const { Miniflare, convertV4MiniflareOptions, Log, LogLevel } = ofWrangler('miniflare')
const esbuild = ofWrangler('esbuild')

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The Workers and where their settings are. */
const CONFIGS = {
  proxy: 'wrangler.toml',
  sandbox: 'apps/sandbox/wrangler.toml',
  playground: 'apps/playground/wrangler.toml',
  baselines: 'bench/workers/wrangler.toml',
  edge: 'test/fixtures/edge/wrangler.toml',
} as const

export type App = keyof typeof CONFIGS

export interface WorkerInput {
  app: App
  /** Where it listens, on 127.0.0.1; 0 takes a free port. */
  port: number
  /** Settings beside and above those of its wrangler.toml. */
  bindings?: Record<string, string>
  /** Leaves out the static assets, and with them Miniflare's router in front of the Worker. */
  withoutAssets?: boolean
  /** The file that says which workflows run, in the place of `apps/proxy/heap.config.ts`. */
  heapConfig?: string
}

export interface RunningWorkers {
  /** The origin of each Worker. */
  urls: Record<App, string>
  /** Bundles all Workers again and puts them in the place of the running ones; what they stored stays. */
  reload(): Promise<void>
  /** Calls a Worker's `scheduled`, for now or for another time. */
  scheduled(app: App, cron: string, scheduledTime?: Date): Promise<void>
  stop(): Promise<void>
}

/** One Worker as a single module, as `wrangler deploy` would bundle it. */
async function bundle(entry: string, define: Record<string, string>, heapConfig?: string): Promise<string> {
  const result = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    sourcemap: 'inline',
    define,
    ...(heapConfig !== undefined && { alias: { '#heap.config': heapConfig } }),
    logLevel: 'error',
  })
  return result.outputFiles[0].text
}

async function worker({ app, port, bindings, withoutAssets, heapConfig }: WorkerInput) {
  const configPath = join(root, CONFIGS[app])
  const { workerOptions: options, main, define } = workerOptions(configPath)
  if (!main) throw new Error(`${CONFIGS[app]} names no main`)
  return {
    ...options,
    name: app,
    modules: [{ type: 'ESModule', path: `${app}.mjs`, contents: await bundle(main, define, heapConfig) }],
    bindings: { ...(options.bindings as Record<string, unknown>), ...bindings },
    ...(withoutAssets && { assets: undefined }),
    unsafeDirectSockets: [{ host: '127.0.0.1', port }],
  }
}

/**
 * Starts Workers in one workerd.
 *
 * @param storage the folder in which their Durable Objects stay over restarts; without one they are gone at the end
 * @param onLog gets each line that they log, in the place of the console
 * @throws what esbuild says where a Worker does not build
 */
export async function startWorkers(
  inputs: WorkerInput[],
  storage?: string,
  onLog?: (line: string) => void,
): Promise<RunningWorkers> {
  const options = async () =>
    convertV4MiniflareOptions({
      workers: await Promise.all(inputs.map(worker)),
      host: '127.0.0.1',
      port: 0,
      cf: false,
      log: new Log(LogLevel.ERROR),
      ...(storage && { resourcePersistencePath: storage }),
      ...(onLog && { handleStructuredLogs: ({ message }: { message: string }) => onLog(message) }),
    })
  const miniflare = new Miniflare(await options())
  await miniflare.ready
  const urls = await Promise.all(
    inputs.map(async ({ app }) => [app, (await miniflare.unsafeGetDirectURL(app)).origin] as const),
  )
  return {
    urls: Object.fromEntries(urls) as Record<App, string>,
    reload: async () => miniflare.setOptions(await options()),
    scheduled: async (app, cron, scheduledTime = new Date()) => {
      await (await miniflare.getWorker(app)).scheduled({ cron, scheduledTime })
    },
    stop: () => miniflare.dispose(),
  }
}

/** The Cron Triggers of a Worker. */
export function cronsOf(app: App): string[] {
  return readConfig({ config: join(root, CONFIGS[app]) }).triggers?.crons ?? []
}
