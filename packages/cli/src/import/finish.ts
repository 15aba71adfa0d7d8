/**
 * The end of an import: what it came to, what is to be known of it, and how to go on.
 * @module
 */
import { asFailure, EXIT, type ExitCode } from '../failure.ts'
import type { Output } from '../output.ts'
import type { Files } from './files.ts'
import { Unfinished } from './post.ts'
import { Unreadable } from './read.ts'
import type { Totals } from './totals.ts'

export interface Finish {
  totals: Totals
  failure: Error | undefined
  interrupted: boolean
  files: Files
  output: Output
  /** Nothing of it can have arrived anywhere. */
  unsent?: boolean
}

/** An export that went wrong is seen by that. */
export const NO_ROW = 'There is no row in it.'

/** Tells how it ended. */
export function finish({ totals, failure, interrupted, files, output, unsent }: Finish): ExitCode {
  const complete = failure === undefined && !interrupted
  const refusal = totals.refusal(files.report)
  const error = complete ? undefined : sentence(failure, interrupted, files, unsent) + partOf(failure, totals)
  const exitCode = complete ? (refusal === undefined ? EXIT.ok : EXIT.input) : codeOf(failure, interrupted)
  output.result(
    {
      ...totals.json(),
      complete,
      exitCode,
      ...(files.journal !== undefined && { journal: files.journal }),
      ...(refusal !== undefined && { report: files.report }),
      ...(error !== undefined && { error }),
    },
    complete || totals.rows > 0 ? totals.table() : '',
  )
  if (complete && totals.rows === 0) output.note(NO_ROW)
  for (const line of totals.notes()) output.note(line)
  if (refusal !== undefined) output.note(refusal)
  if (error !== undefined) output.note(error)
  return exitCode
}

/** Of a file that cannot be read to its end. */
function partOf(failure: Error | undefined, { rows }: Totals): string {
  return failure instanceof Unreadable && rows > 0 ? ' What comes before is imported.' : ''
}

function codeOf(failure: Error | undefined, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted
  return failure instanceof Unfinished ? EXIT.again : asFailure(failure).exitCode
}

function sentence(failure: Error | undefined, interrupted: boolean, { journal }: Files, unsent = false): string {
  const resume = unsent
    ? 'Nothing was sent: look at the address, and run the command again.'
    : journal
      ? 'Run the same command with --resume to go on; what is done is not sent again.'
      : 'Not all rows were sent, and without --journal it cannot go on.'
  if (interrupted) return `Interrupted. ${resume}`
  if (failure instanceof Unfinished) return `Stopped: ${failure.message}. ${resume}`
  return asFailure(failure).message
}
