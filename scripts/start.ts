/**
 * `npm start`: proxy, sandbox and playground on workerd. Their data stay in `.heap-edge/`; what is edited is loaded again.
 * @module
 */
import { once } from 'node:events'
import { watch } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { build } from './build.ts'
import { startCrons } from './crons.ts'
import { reviveRuns } from './revive.ts'
import { ports, settings } from './settings.ts'
import { cronsOf, root, startWorkers } from './workers.ts'

const VARIABLES = { proxy: 'PORT', sandbox: 'SANDBOX_PORT', playground: 'PLAYGROUND_PORT' } as const
const apps = ['proxy', 'sandbox', 'playground'] as const

/** One clear sentence where a port cannot be had, rather than workerd's. */
async function checkPort(app: (typeof apps)[number]): Promise<void> {
  const port = ports[app]
  const variable = VARIABLES[app]
  if (!Number.isInteger(port) || port < 1 || port > 65_535) fail(`${variable} must be a port, 1 to 65535.`)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    fail(
      `Port ${port} is taken by another program. Stop that one, or choose another port: ${variable}=${port + 1000} npm start`,
    )
  }
  await new Promise((closed) => server.close(closed))
}

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

for (const [place, app] of apps.entries()) {
  const other = apps.slice(0, place).find((other) => ports[other] === ports[app])
  if (other) fail(`${VARIABLES[other]} and ${VARIABLES[app]} are both ${ports[app]}.`)
}
await Promise.all([...apps.map(checkPort), build()])
const bindings = settings(ports)
const workers = await startWorkers(
  apps.map((app) => ({ app, port: ports[app], bindings: bindings[app] })),
  join(root, '.heap-edge'),
)
const revive = () => reviveRuns(workers.urls.proxy, bindings.proxy.ADMIN_TOKEN)
await revive()
const stopCrons = apps.map((app) => startCrons(cronsOf(app), (cron) => workers.scheduled(app, cron)))

console.log(
  `Playground  http://localhost:${ports.playground}   click here first: events from a page, through the proxy, to Heap`,
)
console.log(`Proxy       http://localhost:${ports.proxy}   what you deploy to Cloudflare; its routes are at /docs`)
console.log(
  `Operations  http://localhost:${ports.proxy}/admin   how the proxy does; it asks for the token ${process.env.ADMIN_TOKEN ? 'in ADMIN_TOKEN' : bindings.proxy.ADMIN_TOKEN}`,
)
console.log(`Sandbox     http://localhost:${ports.sandbox}   a local Heap, and what has arrived in it`)

// One that does not work says why, where it is seen.
const health = await fetch(`${workers.urls.proxy}/healthz`)
if (!health.ok) {
  const { detail }: { detail?: string } = await health.json()
  console.error(`The proxy takes nothing, since its settings are wrong: ${detail}`)
}

let pending: NodeJS.Timeout | undefined
const watchers = ['apps', 'packages'].map((folder) =>
  watch(join(root, folder), { recursive: true }, (_, file) => {
    if (!file || /(^|[\\/])(dist|node_modules)([\\/]|$)|\.test\.ts$/.test(file)) return
    clearTimeout(pending)
    pending = setTimeout(() => {
      build()
        .then(() => workers.reload())
        .then(revive)
        .catch((error: unknown) => console.error(error instanceof Error ? error.message : error))
    }, 100)
  }),
)

let stopping = false
async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  for (const watcher of watchers) watcher.close()
  for (const stopCron of stopCrons) stopCron()
  clearTimeout(pending)
  await workers.stop()
  process.exit(0)
}
process.on('SIGINT', () => void stop())
process.on('SIGTERM', () => void stop())
