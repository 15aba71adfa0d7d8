/**
 * `npm run bench:size`: what a page pays for `init + track + identify`, in bytes, ours and that of other analytics clients, all
 * bundled in one run by the same esbuild with the same settings.
 *
 * Counted is what is loaded at once: code that a client imports only when a feature is used is split off, and what it gets from
 * its own servers is not here. Each file is compressed by itself, as it would be served.
 * @module
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import client from '../packages/client/package.json' with { type: 'json' }
import { build } from '../scripts/build.ts'
import { root } from '../scripts/workers.ts'
import { installPeers, peers } from './peers.ts'

/** What is used of esbuild, which comes with the tool that checks the size of the client, and whose types do not. */
interface Esbuild {
  version: string
  build(options: object): Promise<{
    outputFiles: { path: string; contents: Uint8Array }[]
    metafile: { outputs: Record<string, { entryPoint?: string; imports: { path: string; kind: string }[] }> }
  }>
}
const esbuild = createRequire(import.meta.resolve('@size-limit/esbuild'))('esbuild') as Esbuild

const BASELINE = 'heap-edge/browser'

/** The files that a page loads for an entry before anything is used, minified. */
async function bundle(entry: string, folder: string): Promise<Uint8Array[]> {
  const { outputFiles, metafile } = await esbuild.build({
    stdin: { contents: entry, resolveDir: folder },
    absWorkingDir: root,
    outdir: 'out',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    minify: true,
    legalComments: 'none',
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"production"', HEAP_EDGE_VERSION: JSON.stringify(client.version) },
    logLevel: 'error',
  })
  const loaded = new Set<string>()
  const load = (output: string) => {
    if (loaded.has(output)) return
    loaded.add(output)
    for (const { path, kind } of metafile.outputs[output]?.imports ?? []) if (kind === 'import-statement') load(path)
  }
  for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) if (entryPoint === '<stdin>') load(output)
  const paths = new Set(Array.from(loaded, (output) => join(root, output)))
  return outputFiles.filter(({ path }) => paths.has(path)).map(({ contents }) => contents)
}

function sizes(files: Uint8Array[]): { minified: number; gzip: number; brotli: number } {
  const sum = (size: (file: Uint8Array) => number) => files.reduce((total, file) => total + size(file), 0)
  return {
    minified: sum((file) => file.length),
    gzip: sum((file) => gzipSync(file, { level: 9 }).length),
    brotli: sum((file) => brotliCompressSync(file).length),
  }
}

function installedVersion(folder: string, name: string): string {
  const manifest = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

const ours = `import { createHeapBrowser } from 'heap-edge/browser'
  const heap = createHeapBrowser({ endpoint: 'https://heap.example.com' })
  heap.track('Signup', { plan: 'pro' })
  heap.identify('alice@example.com')`

await build()
const folder = installPeers()
const script = readFileSync(join(root, 'packages/client/dist/script/heap-edge.js'))
const own = { version: client.version, keeps: 'IndexedDB', lacks: '' }

const measured = [
  { name: BASELINE, ...own, ...sizes(await bundle(ours, root)) },
  { name: 'heap-edge.js, the script', ...own, ...sizes([script]) },
]
for (const { package: name, entry, keeps, lacks = '' } of peers) {
  const version = installedVersion(folder, name)
  measured.push({ name, version, keeps, lacks, ...sizes(await bundle(entry, folder)) })
}

const baseline = measured[0]?.gzip ?? Number.NaN
const rows = measured.map(({ name, version, minified, gzip, brotli, keeps, lacks }) => [
  name,
  {
    version,
    minified,
    gzip,
    brotli,
    [`gzip, times ${BASELINE}`]: (gzip / baseline).toFixed(2),
    'keeps events': keeps,
    lacks,
  },
])
console.log(`Bytes for init + track + identify, bundled by esbuild ${esbuild.version}`)
console.table(Object.fromEntries(rows))
