/**
 * What every npm script goes through: install when something is missing or has changed, then run a command with the
 * repository's own tools and its own Node first on the path. Runs on any Node from 18 on, with nothing installed.
 *
 *     node scripts/run.mjs <command> [arguments]
 * @module
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const pnpm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager
const windows = process.platform === 'win32'

/** A hash of everything that decides what is installed. */
function wanted() {
  const folders = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  )
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...['.', ...folders].map((folder) => join(folder, 'package.json')),
  ]
  const hash = createHash('sha256')
  for (const file of files.filter((name) => existsSync(join(root, name)))) hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function install() {
  const stamp = join(modules, '.heap-edge-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()) return
  console.error('Installing (once, about half a minute)…')
  const { status } = spawnSync('npx', ['-y', pnpm, 'install', '--reporter=append-only'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: windows,
  })
  if (status !== 0) {
    console.error(`Installing failed. For the whole story: npx ${pnpm} install`)
    process.exit(status ?? 1)
  }
  writeFileSync(stamp, wanted())
}

/** The installed Node where the registry has one for this platform, else the one that runs this, if it will do. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (existsSync(join(modules, '.bin', 'node')) || major > 22 || (major === 22 && minor >= 18)) return
  console.error(`This needs Node 22.18 or newer on ${process.platform}; you have ${process.versions.node}.`)
  process.exit(1)
}

install()
checkNode()

const [command = 'node', ...parameters] = process.argv.slice(2)
const [file, ...args] = command === 'pnpm' ? ['npx', '-y', pnpm, ...parameters] : [command, ...parameters]
const child = spawn(file, args, {
  cwd: root,
  stdio: 'inherit',
  shell: windows,
  env: { ...process.env, PATH: join(modules, '.bin') + delimiter + process.env.PATH },
})
// Whoever signals this process means the command. A terminal sends Ctrl-C to both by itself.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
process.on('SIGTERM', () => child.kill('SIGTERM'))
// npm hands a signal to its shell only, which ends and leaves us behind.
const parent = process.ppid
setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref()
child.on('error', (error) => {
  console.error(error.message)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
