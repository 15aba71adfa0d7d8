/**
 * From zod's findings to problems with JSON pointers.
 * @module
 */
import type * as z from 'zod'
import type { Problem } from './types.ts'

/** What `validate` answers: the request as Heap takes it, or everything that is wrong with it. */
export type Validation<T> = { ok: true; value: T } | { ok: false; problems: Problem[] }

/** More would not help anybody, and the answer stays bounded whatever was sent. */
export const MOST_PROBLEMS = 100

/** An RFC 6901 JSON pointer. `['events', 3, 'a/b']` is `/events/3/a~1b`. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Every finding of zod as a problem, at most 100. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues
    .slice(0, MOST_PROBLEMS)
    .map(({ path, message }) => ({ pointer: toPointer(path), detail: message }))
}

/** Whether a value is a JSON object: no list, no null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
