/**
 * heap-edge/admin: deletion of users and any other request with Heap's API key, from servers and edge functions.
 * @module
 */
export { createHeapAdmin, type HeapAdmin } from './admin.ts'
export type { HeapAdminOptions } from './options.ts'
export type {
  AccessTokenOptions,
  DeletableUser,
  DeleteUsersOptions,
  DeletionRequest,
  DeletionStatus,
  HeapAnswer,
  RequestOptions,
  WaitOptions,
} from './types.ts'
export * from '../errors.ts'
export type { CallOptions } from '../heap.ts'
export type { Fetch, RetryOptions } from '../options.ts'
export type { Problem } from '@heap-edge/contract'
