/**
 * `npm run check`: format, lint, types, library build with publint and attw, sizes. Every step runs; one that fails fails all.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { styleText } from 'node:util'
import { root } from './workers.ts'

/** What a script tag loads, in bytes after gzip. */
const SCRIPT_BYTES = 4000
/** What Cloudflare would be sent, in kB (1000 bytes) after gzip. */
const UPLOAD_KB = 150

interface Step {
  name: string
  command: string[]
  /** Looks at the output of a command that went well, and tells what is wrong with it. */
  verify?: (output: string) => string | undefined
}

const steps: Step[] = [
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings', '.'] },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types of what runs in a page', command: ['tsc', '-p', 'tsconfig.browser.json'] },
  { name: 'types of its tests', command: ['tsc', '-p', 'tsconfig.browser-tests.json'] },
  {
    name: 'library build, publint, attw',
    command: ['node', 'scripts/run.mjs', 'pnpm', '-r', '--if-present', 'run', 'build'],
  },
  { name: 'size of the client', command: ['node', 'scripts/run.mjs', 'pnpm', '-r', '--if-present', 'run', 'size'] },
  {
    name: `size of the script for pages, under ${SCRIPT_BYTES} B gzip`,
    command: [
      'node',
      '-p',
      "zlib.gzipSync(fs.readFileSync('packages/client/dist/script/heap-edge.js'), { level: 9 }).length",
    ],
    verify: (bytes) => (Number(bytes) < SCRIPT_BYTES ? undefined : `It has ${bytes.trim()} bytes.`),
  },
  {
    name: `upload of the Worker, under ${UPLOAD_KB} kB gzip`,
    command: ['wrangler', 'deploy', '--dry-run', '--minify', '--outdir', '.wrangler/dry-run'],
    verify(output) {
      const [line, kib] = /Total Upload: .*gzip: ([\d.]+) KiB/.exec(output) ?? []
      const kb = (Number(kib) * 1024) / 1000
      return kb < UPLOAD_KB ? undefined : (line ?? 'wrangler did not tell the size')
    },
  },
]

let failed = false
for (const { name, command, verify } of steps) {
  const [file = '', ...args] = command
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' },
  })
  const output = stdout + stderr
  const wrong = status === 0 ? verify?.(output) : output
  failed ||= wrong !== undefined
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(wrong === undefined ? styleText('green', `✓ ${name} (${seconds} s)`) : styleText('red', `✗ ${name}`))
  if (wrong !== undefined) console.log(wrong)
}
process.exit(failed ? 1 : 0)
