/**
 * Records to Heap, as a step of a workflow: one request a chunk, and no retries inside.
 * @module
 */
import {
  type AccountRecord,
  type CallOptions,
  createHeap,
  type Heap,
  type HeapOptions,
  type ItemResult,
  type Report,
  type TrackRecord,
  type UserRecord,
} from 'heap-edge'
import { OptionError } from '../errors.ts'
import { fromHeap, fromOptions } from './errors.ts'

/** Whom to write to, as `createHeap` takes it: a heap-edge proxy, which keeps Heap's limits, or Heap itself, with a `check`. */
export type HeapSettings = Pick<HeapOptions, 'region' | 'check' | 'timeout' | 'fetch' | 'now'> &
  Pick<HeapOptions, 'appId' | 'endpoint'> & { signal?: AbortSignal | undefined }

/** What became of the records. It is small, so that it may be what a step returns. */
export interface Sent extends Omit<Report, 'results' | 'failed'> {
  /** Why records were refused, by their place in the list, at most 20. */
  problems: { index: number; problem: string }[]
}

const MOST_PROBLEMS = 20

/**
 * Sets properties of users. Called twice, it is the same.
 *
 * @throws ActionError where a request failed; may be retried for 429, 5xx and where no answer came. A record that is refused is
 *   none: it stands in `problems`
 * @throws OptionError
 */
export async function addUserProperties(options: HeapSettings & { users: readonly UserRecord[] }): Promise<Sent> {
  const { users, ...settings } = options
  return send('heap.addUserProperties', settings, (heap, call) => heap.addUserProperties(users, call))
}

/**
 * Sets properties of accounts. Called twice, it is the same.
 *
 * @throws what {@link addUserProperties} throws
 */
export async function addAccountProperties(
  options: HeapSettings & { accounts: readonly AccountRecord[] },
): Promise<Sent> {
  const { accounts, ...settings } = options
  return send('heap.addAccountProperties', settings, (heap, call) => heap.addAccountProperties(accounts, call))
}

/**
 * Sends events. Each needs its own `idempotency_key`, see `withKeys`: called twice, it is then the same.
 *
 * @throws what {@link addUserProperties} throws
 */
export async function track(options: HeapSettings & { events: readonly TrackRecord[] }): Promise<Sent> {
  const { events, ...settings } = options
  const action = 'heap.track'
  const keyed = events.every(({ idempotency_key }) => typeof idempotency_key === 'string' && idempotency_key !== '')
  if (!keyed) throw new OptionError(action, 'events', 'must each have an idempotency_key: see withKeys')
  return send(action, settings, (heap, call) => heap.track(events, call))
}

/**
 * Looks at the settings, without a request.
 *
 * @throws OptionError that names the option
 */
export function check(settings: HeapSettings): void {
  clientOf('heap', settings)
}

function clientOf(action: string, settings: HeapSettings): Heap {
  try {
    return createHeap({ ...settings, retry: { giveUpAfter: 0 } } as HeapOptions)
  } catch (error) {
    throw fromOptions(action, error)
  }
}

async function send(
  action: string,
  settings: HeapSettings,
  call: (heap: Heap, options: CallOptions) => Promise<Report>,
): Promise<Sent> {
  const { signal } = settings
  const { results, failed, ...counts } = await call(clientOf(action, settings), { signal })
  signal?.throwIfAborted()
  if (failed > 0) throw fromHeap(action, results.find(({ outcome }) => outcome === 'failed')?.error)
  return { ...counts, problems: problemsOf(results) }
}

function problemsOf(results: readonly ItemResult[]): Sent['problems'] {
  return results
    .filter(({ outcome }) => outcome === 'rejected')
    .slice(0, MOST_PROBLEMS)
    .map(({ index, error }) => ({ index, problem: (error as Error).message }))
}
