/**
 * heap-edge: events and properties to Heap, from any runtime that has `fetch`.
 * @module
 */
export * from './errors.ts'
export { type Call, type CallOptions, createHeap, type Heap } from './heap.ts'
export type { Fetch, HeapOptions, RetryOptions } from './options.ts'
export type {
  AccountRecord,
  AnyEvents,
  EventMap,
  IdentifyRecord,
  InputProperties,
  InputSubject,
  InputValue,
  TrackRecord,
  UserRecord,
} from './records.ts'
export type { ItemResult, Outcome, RecordResult, Report } from './results.ts'
export { version } from './version.ts'
export type { Problem, Region } from '@heap-edge/contract'
