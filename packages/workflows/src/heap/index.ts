/**
 * Heap, by the client.
 * @module
 */
export { chunks, withKeys } from './chunks.ts'
export { deleteUsers, deletionStatus, type HeapAdminSettings } from './delete.ts'
export { addAccountProperties, addUserProperties, check, type HeapSettings, type Sent, track } from './send.ts'
