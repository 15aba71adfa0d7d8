/**
 * Runs the built command as a user does: in a folder of its own, with an environment that holds what is given only; in a
 * pipe, or in a terminal whose screen can be read.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { spawn as spawnInTerminal } from '@lydell/node-pty'
import xterm from '@xterm/headless'
import { root } from '../../scripts/workers.ts'

export const MAIN = join(root, 'packages/cli/dist/main.js')

type Env = Record<string, string>

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
  /** Both. */
  all: string
}

/** A folder to run commands in. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'heap-edge-cli-'))
  readonly env: Env

  /** @param env the variables of all commands here */
  constructor(env: Env = {}) {
    this.env = { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), NO_COLOR: '1', ...env }
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string | Uint8Array): string {
    writeFileSync(this.path(name), text)
    return name
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  /** The objects of an NDJSON file. */
  lines<T>(name: string): T[] {
    return this.read(name)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T)
  }

  /** Begins a command, in a pipe. */
  start(args: string[], env: Env = {}): ChildProcess {
    return spawn(process.execPath, [MAIN, ...args], { cwd: this.folder, env: { ...this.env, ...env } })
  }

  /** Runs a command to its end, in a pipe. */
  async run(args: string[], { env = {}, input = '' }: { env?: Env; input?: string } = {}): Promise<Ended> {
    const child = this.start(args, env)
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    return ended(child)
  }

  /** Runs a command with `--json`, and gives what it says. */
  async json<T>(args: string[], options?: { env?: Env; input?: string }): Promise<T & { code: number | null }> {
    const { code, stdout } = await this.run([...args, '--json'], options)
    return { ...(JSON.parse(stdout) as T), code }
  }

  /** Begins a command in a terminal of 100 columns. */
  terminal(args: string[], env: Env = {}): Terminal {
    return new Terminal(args, this.folder, { ...this.env, ...env, TERM: 'xterm-256color' })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What a process said until its end. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr, all: stdout + stderr }
}

/** A command in a terminal. */
export class Terminal {
  readonly #screen = new xterm.Terminal({ cols: 100, rows: 40, allowProposedApi: true })
  readonly #process
  readonly #ended: Promise<number>
  /** All that was written, as it came. */
  raw = ''

  constructor(args: string[], cwd: string, env: Env) {
    this.#process = spawnInTerminal(process.execPath, [MAIN, ...args], { cols: 100, rows: 40, cwd, env })
    this.#process.onData((data) => {
      this.raw += data
      this.#screen.write(data)
    })
    this.#ended = new Promise((resolve) => this.#process.onExit(({ exitCode }) => resolve(exitCode)))
  }

  /** What a user sees. */
  async screen(): Promise<string> {
    await new Promise<void>((written) => this.#screen.write('', written))
    const { active } = this.#screen.buffer
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '')
    return lines.join('\n').trimEnd()
  }

  type(keys: string): void {
    this.#process.write(keys)
  }

  /** Its exit code. */
  async end(): Promise<number> {
    return this.#ended
  }
}

/** A file of users, as NDJSON. */
export function users(count: number, from = 0): string {
  const line = (n: number) => JSON.stringify({ identity: `user-${n}@example.com`, properties: { n } })
  return `${Array.from({ length: count }, (_, index) => line(from + index)).join('\n')}\n`
}
