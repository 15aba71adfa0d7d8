/**
 * Everything that `npm start` runs, on free ports and with storage that is gone at the end.
 * @module
 */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { settings } from '../scripts/settings.ts'
import { type RunningWorkers, startWorkers } from '../scripts/workers.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface Local {
  playground: string
  proxy: string
  sandbox: string
  /** What the sandbox holds: `/_sandbox/<path>`. */
  held<T>(path: string): Promise<T>
  /** As Cloudflare calls the proxy at the times of a Cron Trigger. @param at ISO 8601; now where it is left out */
  cron(expression: string, at?: string): Promise<void>
  stop: RunningWorkers['stop']
}

/**
 * Starts proxy, sandbox and playground, the proxy with these settings beside those of `npm start`.
 *
 * @param heapConfig which workflows run, where it is not those that are shipped
 * @param storage the folder for what is to be there after a stop
 */
export async function startLocal(
  proxySettings: Record<string, string> = {},
  { heapConfig, storage }: { heapConfig?: string; storage?: string } = {},
): Promise<Local> {
  const [proxy, sandbox, playground] = await Promise.all([freePort(), freePort(), freePort()])
  const ports = { proxy, sandbox, playground }
  const bindings = settings(ports)
  Object.assign(bindings.proxy, proxySettings)
  const workers = await startWorkers(
    (['proxy', 'sandbox', 'playground'] as const).map((app) => ({
      app,
      port: ports[app],
      bindings: bindings[app],
      ...(app === 'proxy' && heapConfig !== undefined && { heapConfig }),
    })),
    storage,
  )
  const url = (port: number) => `http://localhost:${port}`
  return {
    playground: url(playground),
    proxy: url(proxy),
    sandbox: url(sandbox),
    async held<T>(path: string) {
      const response = await fetch(`${url(sandbox)}/_sandbox/${path}`)
      return (await response.json()) as T
    },
    cron: (expression, at) => workers.scheduled('proxy', expression, at === undefined ? undefined : new Date(at)),
    stop: () => workers.stop(),
  }
}
