/**
 * The files of an import: what is read, and what is written beside it.
 * @module
 */
import { accessSync, closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isatty } from 'node:tty'
import { Failure } from '../failure.ts'
import { reasonOf } from '../settings.ts'
import { Unfinished } from './post.ts'

/** What stands for standard input. */
export const STDIN = '-'

/** What is read. */
export interface Source {
  /** Nothing for standard input. */
  file: string | undefined
  /** In bytes, where it is known: a pipe or a device has none. */
  size: number | undefined
}

export interface Files extends Source {
  /** Nothing where there is none to keep. */
  journal: string | undefined
  report: string
}

/** @throws Failure where there is no such file */
export function sourceOf(name: string): Source {
  if (name !== STDIN) return { file: name, size: sizeOf(name) }
  if (isatty(0)) throw new Failure('Nothing comes from standard input: pipe a file into it, or name one.')
  return { file: undefined, size: undefined }
}

/**
 * @param named what people say of where to write; a dry run has a report of its own, and no journal
 * @throws Failure where there is no such file, or where one cannot be written or is another one of them
 */
export function filesOf(
  name: string,
  named: { journal: string | undefined; report: string | undefined; dryRun: boolean },
): Files {
  const { file, size } = sourceOf(name)
  // Where a pipe has its name, such as /dev/fd, there is no place for more.
  const beside = size === undefined ? '' : `${name}.`
  const journal = named.journal ?? (beside === '' ? undefined : `${beside}heap-edge-journal`)
  const report = named.report ?? `${beside}heap-edge-${named.dryRun ? 'dry-run' : 'refused'}.ndjson`
  if (journal !== undefined && !named.dryRun) checkWritable(journal)
  checkWritable(report)
  const places = [file, ...(journal === undefined ? [] : [journal]), report].map(placeOf)
  if (new Set(places).size < places.length) {
    throw new Failure('The file that is read, its journal and its report must be different files.')
  }
  checkIsReport(report)
  return { file, size, journal, report }
}

/** Why nothing more can be noted. */
export function unwritten(file: string, error: unknown): Unfinished {
  return new Unfinished(`${file} cannot be written: ${reasonOf(error)}`)
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
  return stats.isFile() ? stats.size : undefined
}

function checkWritable(file: string): void {
  const wrong = (reason: string) => new Failure(`${file} cannot be written: ${reason}.`)
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats && !stats.isFile()) throw wrong(stats.isDirectory() ? 'it is a folder' : 'it is no file')
  try {
    if (stats) accessSync(file, constants.R_OK | constants.W_OK)
    else accessSync(`${dirname(file)}/`, constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw wrong(code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such folder' : reasonOf(error))
  }
}

/** A report takes the place of one before, and of nothing else. */
function checkIsReport(file: string): void {
  const bytes = Buffer.alloc(1000)
  let length: number
  try {
    const descriptor = openSync(file, 'r')
    length = readSync(descriptor, bytes)
    closeSync(descriptor)
  } catch {
    // There is none.
    return
  }
  if (length === 0 || bytes.toString('utf8', 0, length).startsWith('{"line":')) return
  throw new Failure(`${file} is there and is no report of an import: name another file for --report, or remove it.`)
}

/** What is the same for all names of a file, and of standard input. */
function placeOf(file: string | undefined): string {
  const stats =
    file === undefined ? fstatSync(0, { bigint: true }) : statSync(file, { bigint: true, throwIfNoEntry: false })
  if (stats) return `${stats.dev}:${stats.ino}`
  // It is not there yet.
  return join(realpathSync(dirname(file as string)), basename(file as string))
}
