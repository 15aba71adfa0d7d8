/**
 * The users of a deletion, each once, all looked at before anybody is asked: a deletion cannot be taken back.
 * @module
 */
import { createReadStream } from 'node:fs'
import { PATHS } from '@heap-edge/contract/hosts'
import { type DeletableUser, isHeapRequestError } from 'heap-edge/admin'
import { createCheck } from 'heap-edge/check'
import type { Given } from '../command.ts'
import { Failure } from '../failure.ts'
import { sourceOf } from '../import/files.ts'
import { readFormat, readMapping } from '../import/flags.ts'
import { Mapper } from '../rows/mapping.ts'
import { readRows } from '../rows/read.ts'

/** Whom to delete, and how often anybody was named. */
export interface Listed {
  users: DeletableUser[]
  /** The line where each user stands first; those of flags have none. */
  lines: (number | undefined)[]
  rows: number
}

type Named = { identity?: unknown; user_id?: unknown }

/** @throws Failure where any of them is wrong: then nobody is deleted */
export async function usersOf(given: Given): Promise<Listed> {
  const listed: Listed = { users: [], lines: [], rows: 0 }
  const known = new Set<string>()
  const add = (named: Named, line?: number) => {
    const user = userOf(named, line)
    const key = JSON.stringify(user)
    listed.rows++
    if (known.has(key)) return
    known.add(key)
    listed.users.push(user)
    listed.lines.push(line)
  }
  for (const identity of given.all('identity')) add({ identity })
  for (const user_id of given.all('user-id')) add({ user_id })
  const name = given.text('file')
  if (name === undefined) return listed
  const { file } = sourceOf(name)
  const mapper = new Mapper('deletions', readMapping(given, 'deletions'))
  const source = file === undefined ? process.stdin : createReadStream(file)
  for await (const rows of readRows(source, readFormat(given, name), (columns) => mapper.checkHeader(columns))) {
    for (const row of rows) {
      const mapped = mapper.mapRow(row)
      if (mapped.problem) throw wrong(row.line, mapped.problem)
      add(mapped.record, row.line)
    }
  }
  return listed
}

const check = createCheck()

/** By the rules of an event of theirs, which take no identity that many may share. */
function userOf({ identity, user_id }: Named, line: number | undefined): DeletableUser {
  if ((identity === undefined) === (user_id === undefined)) {
    throw wrong(line, { pointer: '', detail: 'needs one of identity and user_id' })
  }
  // There a number is one as well. Here it may be a user_id in the wrong column.
  if (identity !== undefined && typeof identity !== 'string') {
    throw wrong(line, { pointer: '/identity', detail: 'must be a string' })
  }
  const subject = identity === undefined ? { user_id } : { identity }
  try {
    const { record } = check(PATHS.track, { event: 'Deletion', ...subject })
    return identity === undefined ? { user_id: (record as { user_id: string }).user_id } : { identity }
  } catch (error) {
    const problem = isHeapRequestError(error) ? error.problems[0] : undefined
    throw problem ? wrong(line, problem) : error
  }
}

function wrong(line: number | undefined, { pointer, detail }: { pointer: string; detail: string }): Failure {
  const place = line === undefined ? `--${pointer.slice(1).replaceAll('_', '-')}` : `Line ${line} ${pointer}`.trim()
  return new Failure(`${place} ${detail}; nothing was deleted.`)
}
