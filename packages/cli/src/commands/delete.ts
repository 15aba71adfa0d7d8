/**
 * `heap-edge delete FILE|--identity …`
 * @module
 */
import { createReadStream } from 'node:fs'
import { confirm } from '@clack/prompts'
import type { CommandDef } from 'citty'
import { type DeletableUser, type HeapAdmin, isHeapRequestError } from 'heap-edge/admin'
import { command, type Given } from '../command.ts'
import { EXIT, Failure } from '../failure.ts'
import { heapAdminOf, targetOf } from '../heap.ts'
import { sourceOf } from '../import/files.ts'
import { mappingFlags, readFormat, readMapping } from '../import/flags.ts'
import { count } from '../output.ts'
import { Mapper } from '../rows/mapping.ts'
import { readRows } from '../rows/read.ts'
import { waitFlags, waitUntilComplete } from './deletion.ts'

export const deleteCommand: CommandDef = command(
  { name: 'delete', description: 'Have Heap delete users, in every environment and for good' },
  {
    file: {
      type: 'positional',
      description: 'A file with identity or user_id, or - for standard input',
      required: false,
    },
    identity: { type: 'string', valueHint: 'identity', description: 'A user to delete; repeat it' },
    'user-id': { type: 'string', valueHint: 'digits', description: "A user by Heap's own id; repeat it" },
    ...mappingFlags('deletions'),
    yes: { type: 'boolean', description: 'Do not ask' },
    ...waitFlags,
  },
  async (given) => {
    const { output, settings } = given
    const admin = heapAdminOf(settings)
    const { users, lines } = await usersOf(given)
    if (users.length === 0) throw new Failure('Nobody to delete: give a file, --identity or --user-id.')
    if (!given.on('yes') && !(await isConfirmed(users.length, targetOf(settings).name))) {
      output.note('Nothing was deleted.')
      return EXIT.interrupted
    }
    const deletions = await submit(admin, users, given).catch((error: unknown) => throwByLine(error, lines))
    const ids = deletions.map(({ deletion_request_id }) => deletion_request_id)
    if (given.on('wait')) await waitUntilComplete(admin, ids, given)
    const status = given.on('wait') ? 'complete' : 'pending'
    output.result(
      { users: users.length, deletions: deletions.map((deletion) => ({ ...deletion, status })) },
      [
        given.on('wait')
          ? `Heap has deleted ${count(users.length, 'user')}.`
          : `Heap deletes ${count(users.length, 'user')}.`,
        ...deletions.map(
          ({ deletion_request_id, users }) => `${deletion_request_id}  ${count(users, 'user')}  ${status}`,
        ),
        ...(given.on('wait')
          ? []
          : [`It takes up to four hours: heap-edge deletion ${ids[0]} --wait tells when it is done.`]),
      ].join('\n'),
    )
    return EXIT.ok
  },
)

/** What was taken is told at once, since a later request may fail. */
function submit(admin: HeapAdmin, users: DeletableUser[], { output }: Given) {
  return admin.deleteUsers(users, {
    onSubmitted: ({ deletion_request_id, users }) =>
      output.note(`Submitted ${count(users, 'user')}: ${deletion_request_id}`),
  })
}

async function isConfirmed(users: number, target: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Failure('Deleting is for good: give --yes where nobody can be asked.')
  }
  const answer = await confirm({
    message: `Delete ${count(users, 'user')} through ${target}, in every environment and for good?`,
    initialValue: false,
    output: process.stderr,
  })
  return answer === true
}

/** Users, and the lines where they stand; those of flags have none. */
interface Listed {
  users: DeletableUser[]
  lines: (number | undefined)[]
}

/** All of them, or none where any row is wrong: a deletion cannot be taken back. */
async function usersOf(given: Given): Promise<Listed> {
  const users: DeletableUser[] = [
    ...given.all('identity').map((identity) => ({ identity })),
    ...given.all('user-id').map((user_id) => ({ user_id })),
  ]
  const lines: Listed['lines'] = users.map(() => undefined)
  const name = given.text('file')
  if (name === undefined) return { users, lines }
  const { file } = sourceOf(name)
  const mapper = new Mapper('deletions', readMapping(given, 'deletions'))
  const source = file === undefined ? process.stdin : createReadStream(file)
  for await (const rows of readRows(source, readFormat(given, name), (columns) => mapper.checkHeader(columns))) {
    for (const row of rows) {
      const mapped = mapper.mapRow(row)
      if (mapped.problem) throw wrong(row.line, `${mapped.problem.pointer} ${mapped.problem.detail}`.trim())
      const { identity, user_id } = mapped.record
      if ((identity === undefined) === (user_id === undefined)) {
        throw wrong(row.line, 'needs one of identity and user_id')
      }
      // Whatever it is: the client takes nothing that is not exactly what it should be.
      users.push((identity === undefined ? { user_id } : { identity }) as DeletableUser)
      lines.push(row.line)
    }
  }
  return { users, lines }
}

/** What the client finds wrong before it sends anything is told with its line. */
function throwByLine(error: unknown, lines: Listed['lines']): never {
  if (isHeapRequestError(error) && error.status === undefined) {
    for (const { pointer, detail } of error.problems) {
      const [, index, field] = /^\/users\/(\d+)(.*)/.exec(pointer) ?? []
      const line = lines[Number(index)]
      if (line !== undefined) throw wrong(line, `${field} ${detail}`.trim())
    }
  }
  throw error
}

function wrong(line: number, detail: string): Failure {
  return new Failure(`Line ${line} ${detail}; nothing was deleted.`)
}
