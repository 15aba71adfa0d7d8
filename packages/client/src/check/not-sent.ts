/**
 * The error of what is not sent at all.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import { HeapRequestError } from '../errors.ts'

/** Its message has at most some 300 characters, whatever was given. */
export function notSent(path: string, problems: Problem[]): HeapRequestError {
  const found = problems.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join('; ')
  return new HeapRequestError(`Not sent to ${path}: ${found.slice(0, 300)}`, { problems })
}
