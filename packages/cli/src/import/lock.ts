/**
 * One import at a time for a journal: a file beside it names the process that works with it.
 * @module
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Failure } from '../failure.ts'
import { reasonOf } from '../settings.ts'

interface Holder {
  pid: number
  host: string
}

/**
 * Takes the lock of a journal, `<journal>.lock`. That of a process of this host that has died is taken over.
 *
 * @returns gives it back
 * @throws Failure where another process has it, or it cannot be written
 */
export function lockJournal(journal: string): () => void {
  const file = `${journal}.lock`
  const mine = JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder)
  while (!create(file, mine)) {
    const text = textOf(file)
    // It was given back a moment ago.
    if (text === undefined) continue
    const holder = holderOf(text)
    if (!holder || !isDead(holder)) {
      const who = holder && ` (process ${holder.pid} on ${holder.host})`
      throw new Failure(
        `Another import${who ?? ''} works with ${journal}: wait for its end. If there is none, remove ${file}.`,
      )
    }
    takeAway(file, text)
  }
  return () => {
    if (textOf(file) === mine) rmSync(file, { force: true })
  }
}

function create(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new Failure(`${file} cannot be written: ${reasonOf(error)}.`)
  }
}

/** Takes the lock of a dead process away. Others may want to do the same: what turns out to be theirs is put back. */
function takeAway(file: string, dead: string): void {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    if (textOf(aside) !== dead) linkSync(aside, file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EEXIST') throw new Failure(`${file} cannot be removed: ${reasonOf(error)}.`)
  } finally {
    rmSync(aside, { force: true })
  }
}

/** Nothing where it is gone. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}.`)
  }
}

/** Nothing where it is being written, or was cut by a crash of the machine. */
function holderOf(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder
  } catch {
    return undefined
  }
}

/** Of another host nobody knows. Who had our own number has died before us, as in a container that was started again. */
function isDead({ pid, host }: Holder): boolean {
  if (host !== hostname()) return false
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
