/**
 * Builds what the Workers serve: the browser client as one script, and the two pages.
 * @module
 */
import { join } from 'node:path'
import { build as tsdown } from 'tsdown'
import { build as vite } from 'vite'
import clientBuilds from '../packages/client/tsdown.config.ts'
import { root } from './workers.ts'

/** `heap-edge.js`, as the client's own build makes it. */
async function script(): Promise<void> {
  const [, config] = clientBuilds
  await tsdown({ ...config, cwd: join(root, 'packages/client'), config: false, logLevel: 'error' })
}

async function page(app: 'sandbox' | 'playground'): Promise<void> {
  const folder = join(root, 'apps', app)
  await vite({ configFile: join(folder, 'vite.config.ts'), logLevel: 'error' })
}

/** @throws what tsdown or vite say where something does not build */
export async function build(): Promise<void> {
  await Promise.all([script(), page('playground')])
}

if (import.meta.main) await build()
