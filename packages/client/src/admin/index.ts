/**
 * heap-edge/admin: what takes a secret, for servers and edge functions. Deletion of users and any other request with Heap's API
 * key; tokens by which the users of a site prove their identity to a heap-edge proxy.
 * @module
 */
export { createHeapAdmin, type HeapAdmin } from './admin.ts'
export { signIdentity, type SignIdentityOptions } from './identity.ts'
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
