/**
 * heap-edge/send: one request whose body is made already, for who makes bodies of many records in a way of their own, as the
 * command `heap-edge import` does. Everybody else wants `createHeap`.
 * @module
 */
export type { HeapErrorDetails } from './errors.ts'
export { type HeapOptions, readOptions, type Settings } from './options.ts'
export { refusalOf } from './refusal.ts'
export type { Ending, Outcome } from './results.ts'
export { send } from './send.ts'
