/**
 * Heap's HTTP API as data: schemas, limits, hosts, error shapes. No I/O.
 * @module
 */
export { appId } from './fields.ts'
export * from './hosts.ts'
export { mergesPeople } from './identity.ts'
export { parseKeepingDigits } from './json.ts'
export * from './limits.ts'
export * as partner from './partner.ts'
export { normaliseProperties, truncate } from './properties.ts'
export * from './requests.ts'
export * as responses from './responses.ts'
export { errorMessage } from './responses.ts'
export { type Entry, RollingWindow } from './rolling-window.ts'
export type * from './types.ts'
export { isObject, MOST_PROBLEMS, toPointer, type Validation } from './validation.ts'
