/**
 * Runs a Worker in a process that can be killed as a crash would do it: Node and workerd at once, with no chance to write
 * anything.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { App } from '../../scripts/workers.ts'

export interface WorkerProcessOptions {
  app: App
  bindings: Record<string, string>
  /** The file that says which workflows run, where it is not the one that is shipped. */
  heapConfig?: string
  /** The folder in which its Durable Objects stay when it is killed. */
  storage?: string
  /** The temporary folder: who is killed leaves something behind in it. */
  temporary: string
  /** Errors with these words in them are not shown. */
  expected?: string
  /** Gets each line that it writes, in the place of standard error. */
  onLine?: (line: string) => void
  /** Called when it ends without having been killed. */
  onEnd: (error: Error) => void
}

export class WorkerProcess {
  url = ''
  /** Whether it answers. */
  up = false
  #child: ChildProcess | undefined
  readonly #options: WorkerProcessOptions

  constructor(options: WorkerProcessOptions) {
    this.#options = options
  }

  /** Starts it: on a free port the first time, later on the same one. */
  async start(): Promise<void> {
    const { temporary, expected, onLine, onEnd, ...input } = this.#options
    const { app } = input
    const port = this.url === '' ? 0 : Number(new URL(this.url).port)
    // A process group of its own, and none of the flags of a test runner.
    const child = fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify({ ...input, port })], {
      detached: true,
      execArgv: [],
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', onLine ? 'pipe' : 'ignore', 'pipe', 'ipc'],
    })
    this.#child = child
    if (child.stdout && onLine) createInterface(child.stdout).on('line', onLine)
    if (child.stderr && onLine) {
      createInterface(child.stderr).on('line', onLine)
    } else if (child.stderr) {
      createInterface(child.stderr).on('line', (line) => {
        if (!expected || !line.includes(expected)) console.error(`${app}: ${line}`)
      })
    }
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return
      this.up = false
      onEnd(new Error(`The ${app} has ended by itself: ${signal ?? code}`))
    })
    this.url = await new Promise<string>((resolve, reject) => {
      child.once('message', (message) => resolve(message as string))
      child.once('exit', () => reject(new Error(`The ${app} did not start`)))
    })
    this.up = true
  }

  /** Kills it, and is done when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    this.killNow()
    if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  /** The same, for the moment when this process itself ends. */
  killNow(): void {
    const pid = this.#child?.pid
    this.up = false
    this.#child = undefined
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}
