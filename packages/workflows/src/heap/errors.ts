/**
 * From the client's errors to those of an action.
 * @module
 */
import { type HeapError, isHeapRateLimitError, isHeapUnavailableError } from 'heap-edge'
import { ActionError, OptionError } from '../errors.ts'

/** The client's message names no record and no key. */
export function fromHeap(action: string, error: unknown): ActionError {
  const { status, retryAfterMs, message } = error as HeapError
  return new ActionError(action, message, {
    status,
    retryAfterMs,
    retryable: isHeapRateLimitError(error) || isHeapUnavailableError(error),
  })
}

/** The client says `appId must be digits`: which option, and what it must be. */
export function fromOptions(action: string, error: unknown): OptionError {
  const [option = '', ...must] = (error as Error).message.split(' ')
  return new OptionError(action, option, must.join(' '))
}
