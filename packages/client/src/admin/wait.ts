/**
 * Waits until deletions are complete, by asking now and then.
 * @module
 */
import { HeapUnavailableError, isHeapError, isHeapRequestError } from '../errors.ts'
import { type AdminSettings, longestTimer } from './options.ts'
import type { DeletionStatus, WaitOptions } from './types.ts'

/** Heap asks to wait so long between two questions. */
const defaultEvery = 600_000
const defaultTimeout = 86_400_000

/**
 * Asks for each until it is complete. What is wrong with Heap passes, so that only what is wrong with the question ends it.
 *
 * @param ask one question
 */
export async function waitFor(
  ids: string | readonly string[],
  ask: (id: string, signal?: AbortSignal) => Promise<DeletionStatus>,
  { now, sleep }: Pick<AdminSettings, 'now' | 'sleep'>,
  { every = defaultEvery, timeout = defaultTimeout, signal, onStatus }: WaitOptions = {},
): Promise<void> {
  if (!(every > 0)) throw new TypeError('every must be milliseconds, more than 0')
  if (!(timeout >= 0)) throw new TypeError('timeout must be milliseconds, 0 or more')
  const until = now() + timeout
  /** What is known of each that is not complete. */
  const open = new Map([ids].flat().map((id): [string, string] => [id, 'not known']))
  let cause: unknown

  for (;;) {
    signal?.throwIfAborted()
    for (const id of open.keys()) {
      let answer: DeletionStatus
      try {
        answer = await ask(id, signal)
      } catch (error) {
        if (!isHeapError(error) || isHeapRequestError(error)) throw error
        cause = error
        continue
      }
      if (answer.status === 'complete') open.delete(id)
      else open.set(id, answer.status)
      onStatus?.(answer)
    }
    if (open.size === 0) return
    const left = until - now()
    if (left <= 0) throw outOfTime(open, timeout, cause)
    await sleep(Math.min(every, left, longestTimer), signal)
  }
}

function outOfTime(open: Map<string, string>, timeout: number, cause: unknown): HeapUnavailableError {
  const [[id, status]] = open as unknown as [[string, string]]
  const others = open.size > 1 ? `, and ${open.size - 1} more` : ''
  return new HeapUnavailableError(`Not complete after ${timeout} ms: deletion ${id} is ${status}${others}`, {
    ...(cause !== undefined && { cause }),
  })
}
