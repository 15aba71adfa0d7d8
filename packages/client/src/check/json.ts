/**
 * JSON's view of a value.
 * @module
 */

/** Whether a value is an object with names: no list, no null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What JSON makes of a value that says so itself: a `Date`, a `URL`, a Temporal time, a decimal number. */
export function asJson(value: unknown): unknown {
  const { toJSON } = Object(value) as { toJSON?: unknown }
  return typeof toJSON === 'function' ? (toJSON.call(value) as unknown) : value
}

/** One step of an RFC 6901 JSON pointer. `a/b` is `/a~1b`. */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
