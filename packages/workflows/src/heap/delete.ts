/**
 * Deletions in Heap, as steps of a workflow: one that asks for it, and one for each question how far it is.
 * @module
 */
import {
  createHeapAdmin,
  type DeletableUser,
  type DeletionRequest,
  type DeletionStatus,
  type HeapAdmin,
  type HeapAdminOptions,
  isHeapError,
} from 'heap-edge/admin'
import { OptionError } from '../errors.ts'
import { fromHeap, fromOptions } from './errors.ts'

/** Whom to ask, as `createHeapAdmin` takes it. */
export type HeapAdminSettings = Pick<
  HeapAdminOptions,
  'appId' | 'apiKey' | 'endpoint' | 'timeout' | 'fetch' | 'now'
> & {
  signal?: AbortSignal | undefined
}

/**
 * Has Heap delete users, at most 10 000, for good. Called twice, Heap has two requests that delete the same users: harmless, but
 * only the ids of the second are known. Success says that Heap took it, not that it is done.
 *
 * @throws ActionError that may be retried for 429, 5xx and where no answer came
 * @throws OptionError
 * @example
 * ```ts
 * const [deletion] = await heap.deleteUsers({ appId, apiKey, users: [{ identity: '310068' }] })
 * await step.sleep('Heap asks for ten minutes', '10 minutes')
 * const { status } = await heap.deletionStatus({ appId, apiKey, id: deletion.deletion_request_id })
 * ```
 */
export async function deleteUsers(
  options: HeapAdminSettings & { users: readonly DeletableUser[] },
): Promise<DeletionRequest[]> {
  const { users, ...settings } = options
  const action = 'heap.deleteUsers'
  const most = 10_000
  if (!Array.isArray(users) || users.length > most) throw new OptionError(action, 'users', `must be at most ${most}`)
  return perform(action, settings, (admin, call) => admin.deleteUsers(users, call))
}

/**
 * Asks once how far a deletion is: `pending` or `complete`. Heap takes up to four hours and asks for ten minutes between questions.
 *
 * @throws what {@link deleteUsers} throws
 */
export async function deletionStatus(options: HeapAdminSettings & { id: string }): Promise<DeletionStatus> {
  const { id, ...settings } = options
  return perform('heap.deletionStatus', settings, (admin, call) => admin.deletionStatus(id, call))
}

async function perform<Result>(
  action: string,
  { signal, ...settings }: HeapAdminSettings,
  call: (admin: HeapAdmin, options: { signal?: AbortSignal | undefined }) => Promise<Result>,
): Promise<Result> {
  let admin: HeapAdmin
  try {
    admin = createHeapAdmin({ ...settings, retry: { giveUpAfter: 0 } })
  } catch (error) {
    throw fromOptions(action, error)
  }
  try {
    return await call(admin, { signal })
  } catch (error) {
    throw isHeapError(error) ? fromHeap(action, error) : error
  }
}
