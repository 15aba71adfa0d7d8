/**
 * `heap-edge deletion ID`
 * @module
 */
import type { ArgsDef, CommandDef } from 'citty'
import { type HeapAdmin, isHeapRequestError } from 'heap-edge/admin'
import { command, type Given } from '../command.ts'
import { EXIT, Failure } from '../failure.ts'
import { heapAdminOf } from '../heap.ts'
import { onInterrupt } from '../import/interrupt.ts'

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
    try {
      if (given.on('wait') && !(await waitUntilComplete(admin, [id], given))) return EXIT.interrupted
      const status = await admin.deletionStatus(id)
      given.output.result(status, `${status.deletion_request_id}  ${status.status}`)
      return EXIT.ok
    } catch (error) {
      if (isHeapRequestError(error) && error.status === 404) throw new Failure(`Heap knows no deletion ${id}.`)
      throw error
    }
  },
)

/**
 * Between two questions, in ms.
 *
 * @throws Failure where the flag is no number
 */
export function everyOf(given: Given): number {
  return (given.number('every', 0.01) ?? EVERY_S) * 1000
}

/**
 * Asks until all are complete, and tells what is answered meanwhile.
 *
 * @returns false where Ctrl-C came first
 */
export async function waitUntilComplete(admin: HeapAdmin, ids: string[], given: Given): Promise<boolean> {
  const every = everyOf(given)
  const stop = new AbortController()
  const interrupt = onInterrupt(() => stop.abort())
  try {
    await admin.waitForDeletion(ids, {
      every,
      signal: stop.signal,
      onStatus: ({ deletion_request_id, status }) => given.output.note(`${deletion_request_id}  ${status}`),
    })
    return true
  } catch (error) {
    if (!stop.signal.aborted) throw error
    given.output.note(`Interrupted; the deletion goes on in Heap. ${askLater(ids, given)}`)
    return false
  } finally {
    interrupt.off()
  }
}

/** How to ask another time, with the flags by which it was asked now; those with secrets are not shown. */
export function askLater(ids: readonly string[], given: Given): string {
  const flags = ['app-id', 'endpoint', 'base-url', 'env'].flatMap((name) => {
    const value = given.text(name)
    return value === undefined ? [] : [` --${name} ${/^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value)}`]
  })
  const commands = ids.map((id) => `heap-edge deletion ${id} --wait${flags.join('')}`)
  return `${commands.join(' && ')} tells when it is done.`
}
