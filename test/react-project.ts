/**
 * A project that uses the React example, as somebody has it who installed the package from npm.
 * @module
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build as buildLibrary } from 'tsdown'
import { build, type Rolldown } from 'vite'
import manifest from '../packages/client/package.json' with { type: 'json' }
import builds from '../packages/client/tsdown.config.ts'
import { root } from '../scripts/workers.ts'

export type Mode = 'development' | 'production'

export interface ReactProject {
  /** What `tsc` has to say; nothing where all is well. */
  typeCheck(): Promise<string>
  /** The script of the page, with this proxy as the client's. */
  page(mode: Mode, endpoint: string): Promise<string>
  /** Runs the server in a process of its own, and gives what it prints. */
  render(mode: Mode, endpoint: string): Promise<{ stdout: string; stderr: string }>
  remove(): void
}

const EXAMPLE_ENDPOINT = 'https://heap-edge.example.workers.dev'

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom'],
    jsx: 'react-jsx',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
  },
  include: ['*.tsx'],
}

const run = promisify(execFile)

/** Makes it below this repository, so that React is found there, with the package as `npm install` would bring it. */
export async function makeReactProject(): Promise<ReactProject> {
  mkdirSync(join(root, '.wrangler'), { recursive: true })
  const folder = mkdtempSync(join(root, '.wrangler', 'react-'))
  const installed = join(folder, 'node_modules', 'heap-edge')
  await buildLibrary({
    ...builds[0],
    config: false,
    cwd: join(root, 'packages/client'),
    outDir: join(installed, 'dist'),
    publint: false,
    attw: false,
    logLevel: 'error',
  })
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ ...manifest, ...manifest.publishConfig }))
  cpSync(join(root, 'test/fixtures/react'), folder, { recursive: true })
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))

  async function bundle(entry: string, mode: Mode, endpoint: string): Promise<string> {
    const { output } = (await build({
      configFile: false,
      root: folder,
      mode,
      logLevel: 'error',
      oxc: { jsx: { runtime: 'automatic', development: mode === 'development' } },
      define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
      plugins: [{ name: 'endpoint', transform: (code) => code.replace(EXAMPLE_ENDPOINT, endpoint) }],
      build: { write: false, ssr: entry === 'server.tsx', rolldownOptions: { input: join(folder, entry) } },
    })) as Rolldown.RolldownOutput
    return output[0].code
  }

  return {
    typeCheck: () =>
      run('tsc', ['-p', folder]).then(
        () => '',
        ({ stdout }: { stdout: string }) => stdout,
      ),
    page: (mode, endpoint) => bundle('page.tsx', mode, endpoint),
    async render(mode, endpoint) {
      const file = join(folder, `${mode}.mjs`)
      writeFileSync(file, await bundle('server.tsx', mode, endpoint))
      return run(process.execPath, [file], { env: { ...process.env, NODE_ENV: mode } })
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
