/**
 * The users of a deletion, each once, all looked at before anybody is asked: a deletion cannot be taken back.
 * @module
 */
import { createReadStream } from 'node:fs'
import { PATHS } from '@heap-edge/contract/hosts'
import { type DeletableUser, isHeapRequestError, type Problem } from 'heap-edge/admin'
import { createCheck } from 'heap-edge/check'
import type { Given } from '../command.ts'
import { asFailure, Failure } from '../failure.ts'
import { sourceOf } from '../import/files.ts'
import { readFormat, readMapping } from '../import/flags.ts'
import { count } from '../output.ts'
import { Mapper } from '../rows/mapping.ts'
import { readRows } from '../rows/read.ts'

/** Whom to delete, and how often anybody was named. */
export interface Listed {
  users: DeletableUser[]
  /** The line where each user stands first; those of flags have none. */
  lines: (number | undefined)[]
  rows: number
  /** Users whose identity begins or ends with a blank. */
  padded: number
}

type Named = { identity?: unknown; user_id?: unknown }

/** What is wrong with a row or a flag. */
interface Wrong extends Problem {
  line?: number
}

/** So many of the rows that are wrong are told. */
const TOLD = 10

/** @throws Failure where any of them is wrong, or the file cannot be read to its end: then nobody is deleted */
export async function usersOf(given: Given): Promise<Listed> {
  const listed: Listed = { users: [], lines: [], rows: 0, padded: 0 }
  const known = new Set<string>()
  const wrong: Wrong[] = []
  let rowsWrong = 0
  const refuse = (problem: Problem, line?: number) => {
    if (++rowsWrong <= TOLD) wrong.push({ ...(line !== undefined && { line }), ...problem })
  }
  const add = (named: Named, line?: number) => {
    const { user, problem } = userOf(named)
    if (problem) return refuse(problem, line)
    const key = JSON.stringify(user)
    listed.rows++
    if (known.has(key)) return
    known.add(key)
    listed.users.push(user)
    listed.lines.push(line)
    if (user.identity !== user.identity?.trim()) listed.padded++
  }
  for (const identity of given.all('identity')) add({ identity })
  for (const user_id of given.all('user-id')) add({ user_id })
  const name = given.text('file')
  const failure = name === undefined ? undefined : await read(name)
  if (rowsWrong > 0 || failure) throw notDeleted(wrong, rowsWrong, failure)
  return listed

  /** @returns why it cannot be read to its end, where it cannot */
  async function read(name: string): Promise<Failure | undefined> {
    const { file } = sourceOf(name)
    const mapper = new Mapper('deletions', readMapping(given, 'deletions'))
    const source = file === undefined ? process.stdin : createReadStream(file)
    try {
      for await (const rows of readRows(source, readFormat(given, name), (columns) => mapper.checkHeader(columns))) {
        for (const row of rows) {
          const mapped = mapper.mapRow(row)
          if (mapped.problem) refuse(mapped.problem, row.line)
          else add(mapped.record, row.line)
        }
      }
    } catch (error) {
      return asFailure(error)
    }
  }
}

const check = createCheck()

/** By the rules of an event of theirs, which take no identity that many may share. */
function userOf({
  identity,
  user_id,
}: Named): { user: DeletableUser; problem?: undefined } | { user?: undefined; problem: Problem } {
  const refused = (pointer: string, detail: string) => ({ problem: { pointer, detail } })
  if ((identity === undefined) === (user_id === undefined)) return refused('', 'needs one of identity and user_id')
  // There a number is one as well. Here it may be a user_id in the wrong column.
  if (identity !== undefined && typeof identity !== 'string') return refused('/identity', 'must be a string')
  const subject = identity === undefined ? { user_id } : { identity }
  try {
    const { record } = check(PATHS.track, { event: 'Deletion', ...subject })
    return { user: identity === undefined ? { user_id: (record as { user_id: string }).user_id } : { identity } }
  } catch (error) {
    const problem = isHeapRequestError(error) ? error.problems[0] : undefined
    if (problem) return { problem }
    throw error
  }
}

/** One that is wrong stands in a sentence, more in a line each. */
function notDeleted(wrong: readonly Wrong[], rows: number, failure: Failure | undefined): Failure {
  const told = wrong.map(({ line, pointer, detail }) => {
    const place = line === undefined ? `--${pointer.slice(1).replaceAll('_', '-')}` : `Line ${line} ${pointer}`.trim()
    return `${place} ${detail}`
  })
  const sentences = failure ? [...told, failure.message.replace(/\.$/, '')] : told
  const first = rows > wrong.length ? `, of which these are the first ${TOLD}` : ''
  const message =
    sentences.length === 1
      ? `${sentences[0]}; nothing was deleted.`
      : [...sentences.map((text) => `${text}.`), `${count(rows, 'row')} cannot be taken${first}; nothing was deleted.`]
  return new Failure([message].flat().join('\n'), failure?.exitCode, wrong, { refused: rows })
}
