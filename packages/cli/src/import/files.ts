/**
 * The files of an import: what is read, and what is written beside it.
 * @module
 */
import { accessSync, constants, statSync } from 'node:fs'
import { isatty } from 'node:tty'
import { Failure } from '../failure.ts'
import { reasonOf } from '../settings.ts'

/** What stands for standard input. */
export const STDIN = '-'

export interface Files {
  /** Nothing for standard input. */
  file: string | undefined
  /** In bytes, where it is known. */
  size: number | undefined
  /** Nothing where there is none to keep. */
  journal: string | undefined
  report: string
}

/** @throws Failure where there is no such file */
export function filesOf(name: string, journal: string | undefined, report: string | undefined): Files {
  if (name === STDIN) {
    if (isatty(0)) throw new Failure('Nothing comes from standard input: pipe a file into it, or name one.')
    return { file: undefined, size: undefined, journal, report: report ?? 'heap-edge-refused.ndjson' }
  }
  return {
    file: name,
    size: sizeOf(name),
    journal: journal ?? `${name}.heap-edge-journal`,
    report: report ?? `${name}.heap-edge-refused.ndjson`,
  }
}

function sizeOf(name: string): number | undefined {
  let stats
  try {
    stats = statSync(name)
    accessSync(name, constants.R_OK)
  } catch (error) {
    throw new Failure(`${name} cannot be read: ${reasonOf(error)}.`)
  }
  if (stats.isDirectory()) throw new Failure(`${name} cannot be read: it is a folder.`)
  // A pipe or a device has none.
  return stats.isFile() ? stats.size : undefined
}
