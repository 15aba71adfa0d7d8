/**
 * The client of Heap's routes with a key: deletions of users, and any other request.
 * @module
 */
import type { CallOptions } from '../heap.ts'
import { deleteUsers, deletionStatus } from './deletions.ts'
import { type HeapAdminOptions, readAdminOptions } from './options.ts'
import { notForPages } from './page.ts'
import { request } from './request.ts'
import { createTokens } from './token.ts'
import type {
  AccessTokenOptions,
  DeletableUser,
  DeleteUsersOptions,
  DeletionRequest,
  DeletionStatus,
  HeapAnswer,
  RequestOptions,
  WaitOptions,
} from './types.ts'
import { waitFor } from './wait.ts'

/**
 * What {@link createHeapAdmin} makes. Each call rejects with a HeapRequestError where it will never be accepted as it is, with
 * a HeapRateLimitError or a HeapUnavailableError where Heap did not take it in time, and with the reason of its signal once
 * that is aborted. An answer that is no 2xx, a redirection too, is an error with its `status`, and one that makes no sense is a
 * HeapUnavailableError. Neither the key nor a token is in any of them.
 */
export interface HeapAdmin {
  /**
   * Has Heap delete users, in every environment of the account and for good. Heap takes 10 000 in one request, so that a longer
   * list is several, one after the other and in order. All users are looked at before the first is sent; a request that nobody
   * answers, or that is answered 408, 425, 429 or 5xx, is sent again. developers.heap.io/reference/user-deletion
   *
   * @returns what Heap took, a request for each; it is done when all of them are `complete`, see `waitForDeletion`
   * @throws HeapRequestError with `problems` such as `/users/3/identity`, at most 100 of them, where nothing was sent; else any
   *   of the errors, with `submitted`: the requests that Heap had taken before
   * @example
   * ```ts
   * const submitted = await admin.deleteUsers([{ identity: 'alice@example.com' }, { user_id: '5954094055083999' }])
   * await admin.waitForDeletion(submitted.map(({ deletion_request_id }) => deletion_request_id))
   * ```
   */
  deleteUsers(users: readonly DeletableUser[], options?: DeleteUsersOptions): Promise<DeletionRequest[]>
  /**
   * Asks once how far a deletion is.
   *
   * @throws HeapRequestError with the status 404 where Heap does not know it, or not in this environment
   */
  deletionStatus(id: string, options?: CallOptions): Promise<DeletionStatus>
  /**
   * Resolves when all of the deletions are complete. It asks at once and then every ten minutes, never again for one that is
   * complete; while Heap is not to be reached, or says 429, it goes on.
   *
   * @throws HeapUnavailableError when the time is up; the message names the last status, `cause` is the last failure to ask
   * @throws HeapRequestError where Heap does not know one of them, or the key
   * @throws TypeError where `every` or `timeout` is none
   */
  waitForDeletion(id: string | readonly string[], options?: WaitOptions): Promise<void>
  /**
   * Sends any request below the base URL. It is sent again as those of the other calls are where it is a GET or a HEAD; any
   * other only after a 429, and with a new token after a 401, since nobody knows what it did.
   *
   * @param path begins with one slash, percent-encoded and without a query
   * @throws HeapRequestError, with nothing sent, where the path would leave the base URL
   * @example
   * ```ts
   * const { body } = await admin.request('GET', '/api/public/v0/deletion_status/2dd3d6c5-5a3b-4d3a-8f0e-1f2a3b4c5d6e')
   * ```
   */
  request(method: string, path: string, options?: RequestOptions): Promise<HeapAnswer>
  /**
   * A token for a request that is sent in another way, as the text after `Bearer `. Good for at least a minute.
   *
   * @example
   * ```ts
   * const headers = { Authorization: `Bearer ${await admin.accessToken()}` }
   * ```
   */
  accessToken(options?: AccessTokenOptions): Promise<string>
}

/**
 * Makes a client with the API key, for servers and edge functions. It does nothing by itself, so that it may stand at the top
 * of a module. Its access tokens, which live for five minutes, are fetched when a call needs one and kept for four.
 *
 * @throws TypeError that says which option is wrong
 * @throws Error in a page, where the key would be everybody's
 * @example
 * ```ts
 * const admin = createHeapAdmin({ appId: '123456789', apiKey: process.env.HEAP_API_KEY ?? '' })
 * const submitted = await admin.deleteUsers([{ identity: 'alice@example.com' }])
 * ```
 */
export function createHeapAdmin(options: HeapAdminOptions): HeapAdmin {
  notForPages('the API key')
  const settings = readAdminOptions(options)
  const tokens = createTokens(settings)

  const ask = (id: string, signal?: AbortSignal) => deletionStatus(id, settings, tokens, signal)
  return {
    deleteUsers: (users, options) => deleteUsers(users, settings, tokens, options),
    deletionStatus: (id, { signal } = {}) => ask(id, signal),
    waitForDeletion: (ids, options) => waitFor(ids, ask, settings, options),
    request: (method, path, options) => request(method, path, settings, tokens, options),
    async accessToken({ refused, signal } = {}) {
      if (refused !== undefined) tokens.renew(`Bearer ${refused}`)
      return (await tokens.header(signal)).slice('Bearer '.length)
    },
  }
}
