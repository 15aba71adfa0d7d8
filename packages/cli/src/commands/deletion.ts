/**
 * `heap-edge deletion ID`
 * @module
 */
import type { ArgsDef, CommandDef } from 'citty'
import type { HeapAdmin } from 'heap-edge/admin'
import { command, type Given } from '../command.ts'
import { EXIT } from '../failure.ts'
import { heapAdminOf } from '../heap.ts'

/** Heap asks for ten minutes between two questions; it takes up to four hours. In s. */
const EVERY_S = 600

/** The flags of who waits. */
export const waitFlags: ArgsDef = {
  wait: { type: 'boolean', description: 'Wait until it is complete' },
  every: { type: 'string', valueHint: 'seconds', description: `Between two questions while it waits (${EVERY_S})` },
}

export const deletionCommand: CommandDef = command(
  { name: 'deletion', description: 'How far a deletion is' },
  { id: { type: 'positional', description: 'What delete has told', required: true }, ...waitFlags },
  async (given) => {
    const admin = heapAdminOf(given.settings)
    const id = given.text('id') ?? ''
    if (given.on('wait')) await waitUntilComplete(admin, [id], given)
    const status = await admin.deletionStatus(id)
    given.output.result(status, `${status.deletion_request_id}  ${status.status}`)
    return EXIT.ok
  },
)

/** Asks until all are complete, and tells what is answered meanwhile. */
export async function waitUntilComplete(admin: HeapAdmin, ids: string[], given: Given): Promise<void> {
  const every = (given.number('every', 0.01) ?? EVERY_S) * 1000
  await admin.waitForDeletion(ids, {
    every,
    onStatus: ({ deletion_request_id, status }) => given.output.note(`${deletion_request_id}  ${status}`),
  })
}
