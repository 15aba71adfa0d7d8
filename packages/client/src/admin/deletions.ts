/**
 * Deletions of users: submitted in requests that go one after the other, asked for, and waited for.
 * @module
 */
import type { PATHS } from '@heap-edge/contract'
import { type HeapError, type HeapErrorDetails, HeapUnavailableError, isHeapError } from '../errors.ts'
import { isObject } from '../check/json.ts'
import { notSent } from '../check/not-sent.ts'
import { parsed } from './body.ts'
import { type Answer, type Credentials, perform } from './call.ts'
import type { AdminSettings } from './options.ts'
import { urlUnder } from './path.ts'
import type { DeletableUser, DeleteUsersOptions, DeletionRequest, DeletionStatus } from './types.ts'
import { requestsOf } from './users.ts'

const submitPath: typeof PATHS.userDeletion = '/api/public/v0/user_deletion'
const statusPath: typeof PATHS.deletionStatus = '/api/public/v0/deletion_status/:deletion_request_id'

/** Submits users. A request that nobody answered is sent again: deleted twice is deleted, and not sent is not. */
export async function deleteUsers(
  users: readonly DeletableUser[],
  settings: AdminSettings,
  tokens: Credentials,
  { signal, onSubmitted }: DeleteUsersOptions = {},
): Promise<DeletionRequest[]> {
  const url = urlUnder(settings.base, submitPath)
  const submitted: DeletionRequest[] = []
  for (const part of requestsOf(users)) {
    const call = { method: 'POST', url, body: JSON.stringify({ users: part }), repeatable: true }
    try {
      const status = statusOf(`POST ${url}`, await perform(call, settings, tokens, signal))
      submitted.push({ ...status, users: part.length })
    } catch (error) {
      throw isHeapError(error) ? withSubmitted(error, submitted) : error
    }
    onSubmitted?.(submitted.at(-1) as DeletionRequest)
  }
  return submitted
}

/** Asks how far a deletion is. */
export async function deletionStatus(
  id: string,
  settings: AdminSettings,
  tokens: Credentials,
  signal?: AbortSignal,
): Promise<DeletionStatus> {
  if (typeof id !== 'string' || !id || !id.isWellFormed()) {
    throw notSent(statusPath, [{ pointer: '/deletion_request_id', detail: 'must be a string that is not empty' }])
  }
  const url = urlUnder(
    settings.base,
    statusPath.replace(/:\w+$/, () => encodeURIComponent(id)),
  )
  const answer = await perform({ method: 'GET', url, repeatable: true }, settings, tokens, signal)
  return statusOf(`GET ${url}`, answer)
}

/** What both answer with. One that says something else may come from whatever stands in between, and is no answer of Heap. */
function statusOf(where: string, { status: httpStatus, text }: Answer): DeletionStatus {
  const body = parsed(text)
  const { deletion_request_id, status } = isObject(body) ? body : {}
  if (typeof deletion_request_id === 'string' && deletion_request_id && typeof status === 'string' && status) {
    return { deletion_request_id, status }
  }
  throw new HeapUnavailableError(`${where} answered ${httpStatus} without a deletion_request_id and a status`, {
    status: httpStatus,
  })
}

/** Another error, since this one may be that of several calls which waited for one token. */
function withSubmitted(error: HeapError, submitted: DeletionRequest[]): HeapError {
  const Kind = error.constructor as typeof HeapError
  const details: HeapErrorDetails = { ...(error as HeapErrorDetails), submitted }
  // It is not enumerable.
  if (error.cause !== undefined) details.cause = error.cause
  return new Kind(error.message, details)
}
