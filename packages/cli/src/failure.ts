/**
 * How a command ends when it does not end well: one sentence, and a number for scripts.
 * @module
 */
import { stripVTControlCharacters } from 'node:util'
import { isHeapError, isHeapRequestError, type Problem } from 'heap-edge'

/** What the process exits with. They stand in the help and in docs/cli.md. */
export const EXIT = {
  /** All done. */
  ok: 0,
  /** Something failed that may go well another time: network, time, Heap's limits. */
  again: 1,
  /** What was given is wrong: a flag, a file, a row, a key. */
  input: 2,
  /** Ctrl-C. */
  interrupted: 130,
} as const

/** A value of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** An end that is told in one sentence, which says what to do. */
export class Failure extends Error {
  override name = 'Failure'
  readonly exitCode: ExitCode
  readonly problems: readonly Problem[]
  /** What else `--json` says. */
  readonly more: object

  constructor(sentence: string, exitCode: ExitCode = EXIT.input, problems: readonly Problem[] = [], more: object = {}) {
    super(sentence)
    this.exitCode = exitCode
    this.problems = problems
    this.more = more
  }
}

/**
 * Whatever was thrown, as a {@link Failure}.
 *
 * @param proxy whether a refused key was for one
 */
export function asFailure(thrown: unknown, proxy = false): Failure {
  if (thrown instanceof Failure) return thrown
  if (isHeapError(thrown)) {
    const { message, status, problems } = thrown
    if (!isHeapRequestError(thrown)) return new Failure(`${message}. Try again later.`, EXIT.again)
    return new Failure(
      status === 401 || status === 403 ? `${message}. ${keyHint(proxy)}` : message,
      EXIT.input,
      problems,
    )
  }
  // The client's complaint about an option, the parser's about an argument.
  if (thrown instanceof TypeError && /must be/.test(thrown.message)) return new Failure(`${thrown.message}.`)
  const { name, code } = (thrown ?? {}) as NodeJS.ErrnoException
  // Without the word that it takes for a command: it may be a key.
  if (code === 'E_UNKNOWN_COMMAND') return new Failure(NO_COMMAND)
  if (name === 'CLIError') return new Failure(plain((thrown as Error).message))
  return new Failure(plain(thrown instanceof Error ? thrown.message : String(thrown)), EXIT.again)
}

const NO_COMMAND = 'There is no such command; flags come after it, and --help shows the commands.'

/** What to look at when a key is refused. */
export function keyHint(proxy: boolean): string {
  return `Look at ${proxy ? 'HEAP_ADMIN_TOKEN' : 'the key'}; heap-edge doctor tells what is wrong with it.`
}

/** A sentence without colours, with its full stop. */
function plain(message: string): string {
  const text = stripVTControlCharacters(message)
  return /[.!?]$/.test(text) ? text : `${text}.`
}
