/**
 * `heap-edge delete FILE|--identity …`
 * @module
 */
import type { CommandDef } from 'citty'
import { type DeletionRequest, type HeapAdmin, isHeapError } from 'heap-edge/admin'
import { command, type Given } from '../command.ts'
import { isConfirmed } from '../delete/confirm.ts'
import { type Listed, usersOf } from '../delete/users.ts'
import { asFailure, EXIT, Failure } from '../failure.ts'
import { heapAdminOf, targetOf } from '../heap.ts'
import { mappingFlags } from '../import/flags.ts'
import { paddedNote } from '../import/totals.ts'
import { count, number } from '../output.ts'
import { askLater, everyOf, waitFlags, waitUntilComplete } from './deletion.ts'

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
    'dry-run': { type: 'boolean', description: 'Look at every row, and send nothing' },
    yes: { type: 'boolean', description: 'Do not ask' },
    ...waitFlags,
  },
  async (given) => {
    const { output, settings } = given
    const dryRun = given.on('dry-run')
    // What is wrong with a flag is told before anybody is deleted.
    everyOf(given)
    const admin = dryRun ? undefined : heapAdminOf(settings)
    const listed = await usersOf(given)
    const { users, rows } = listed
    if (users.length === 0) throw new Failure('Nobody to delete: give a file, --identity or --user-id.')
    const howMany = count(users.length, 'user')
    if (listed.padded > 0) output.note(paddedNote(count(listed.padded, 'user'), 'identity'))
    if (!admin) {
      output.result({ dryRun, rows, users: users.length }, `All rows are good: they are ${howMany}. Nothing was sent.`)
      return EXIT.ok
    }
    if (!given.on('yes') && !(await isConfirmed(users))) {
      output.note('Nothing was deleted.')
      return EXIT.interrupted
    }
    const deletions = await submit(admin, listed, given)
    const ids = deletions.map(({ deletion_request_id }) => deletion_request_id)
    const complete = given.on('wait') && (await waitUntilComplete(admin, ids, given))
    const status = complete ? 'complete' : 'pending'
    output.result(
      { users: users.length, deletions: deletions.map((deletion) => ({ ...deletion, status })) },
      [
        complete ? `Heap has deleted ${howMany}.` : `Heap deletes ${howMany}.`,
        ...deletions.map(
          ({ deletion_request_id, users }) => `${deletion_request_id}  ${count(users, 'user')}  ${status}`,
        ),
        ...(given.on('wait') ? [] : [`It takes up to four hours. ${askLater(ids, given)}`]),
      ].join('\n'),
    )
    return given.on('wait') && !complete ? EXIT.interrupted : EXIT.ok
  },
)

/** What was taken is told at once, since a later request may fail. */
async function submit(admin: HeapAdmin, listed: Listed, { output, settings }: Given): Promise<DeletionRequest[]> {
  try {
    return await admin.deleteUsers(listed.users, {
      onSubmitted: ({ deletion_request_id, users }) =>
        output.note(`Submitted ${count(users, 'user')}: ${deletion_request_id}`),
    })
  } catch (error) {
    const submitted = (isHeapError(error) && error.submitted) || []
    throw submitted.length > 0 ? inPart(asFailure(error, targetOf(settings).proxy), listed, submitted) : error
  }
}

/** Says where to begin again. */
function inPart({ message, exitCode, problems }: Failure, { users, lines }: Listed, deletions: DeletionRequest[]) {
  const sent = deletions.reduce((sum, { users }) => sum + users, 0)
  const ids = deletions.map(({ deletion_request_id }) => deletion_request_id).join(', ')
  const line = lines[sent]
  const rest = line === undefined ? 'the others' : `those from line ${line} on`
  return new Failure(
    `${number(sent)} of ${count(users.length, 'user')} were submitted ` +
      `(deletion ${deletions.length === 1 ? 'ID' : 'IDs'} ${ids}); ${rest} were not. ${message}`,
    exitCode,
    problems,
    { deletions },
  )
}
