/**
 * Builds what the Workers serve, and the command, where they are older than their sources: the browser client as one script,
 * and the three pages.
 * @module
 */
import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workers.ts'

interface Target {
  output: string
  /** Files and folders that it is made of. */
  sources: string[]
  make(): Promise<unknown>
}

const CLIENT = 'packages/client'
const PROXY = 'apps/proxy'

const script: Target = {
  output: `${PROXY}/dist/heap-edge.js`,
  sources: [`${CLIENT}/src`, `${CLIENT}/package.json`, `${CLIENT}/tsdown.config.ts`],
  async make() {
    const [{ build }, { default: builds }] = await Promise.all([
      import('tsdown'),
      import('../packages/client/tsdown.config.ts'),
    ])
    await build({ ...builds[1], cwd: join(root, CLIENT), config: false, logLevel: 'error' })
    // Beside the operations page, since a Worker has one folder of assets.
    mkdirSync(join(root, PROXY, 'dist'), { recursive: true })
    copyFileSync(join(root, CLIENT, 'dist/script/heap-edge.js'), join(root, PROXY, 'dist/heap-edge.js'))
  },
}

const cli: Target = {
  output: 'packages/cli/dist',
  sources: ['packages/cli/src', 'packages/cli/package.json', 'packages/cli/tsdown.config.ts', `${CLIENT}/src`],
  async make() {
    const [{ build }, { default: config }] = await Promise.all([
      import('tsdown'),
      import('../packages/cli/tsdown.config.ts'),
    ])
    await build({ ...config, publint: false, cwd: join(root, 'packages/cli'), config: false, logLevel: 'error' })
  },
}

function page(app: 'proxy' | 'sandbox' | 'playground', output: string): Target {
  const folder = `apps/${app}`
  return {
    output: `${folder}/${output}`,
    sources: [`${folder}/page`, `${folder}/src`, `${folder}/vite.config.ts`, 'packages/page/src', `${CLIENT}/src`],
    async make() {
      const { build } = await import('vite')
      await build({ configFile: join(root, folder, 'vite.config.ts'), logLevel: 'error' })
    },
  }
}

const targets = [script, cli, page('proxy', 'dist/admin'), page('sandbox', 'dist'), page('playground', 'dist')]

/** When each file below a path was written, in ms. */
function times(path: string): number[] {
  const stats = statSync(join(root, path), { throwIfNoEntry: false })
  if (!stats) return []
  if (!stats.isDirectory()) return [stats.mtimeMs]
  return readdirSync(join(root, path)).flatMap((name) => times(join(path, name)))
}

/** @throws what tsdown or vite say where something does not build */
export async function build(): Promise<void> {
  const stale = targets.filter(({ output, sources }) => {
    const built = times(output)
    return built.length === 0 || Math.max(...sources.flatMap(times)) > Math.min(...built)
  })
  await Promise.all(stale.map((target) => target.make()))
}

if (import.meta.main) await build()
