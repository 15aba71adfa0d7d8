/**
 * Asks Heap to delete users, and how far it is.
 * @module
 */
import { createHeapAdmin, type HeapAdmin, type HeapError, isHeapRequestError } from 'heap-edge/admin'
import type { Config } from '../config.ts'
import { meter } from '../metrics/report.ts'
import type { Asked, DeletedUser, Submission } from './world.ts'

/** A request is given up only after this time, in ms: its id is worth waiting for, though not by everybody. */
const LATEST_ANSWER_MS = 60_000

/** Statuses that say that the body is wrong, so that it will never be taken. */
const REFUSALS = new Set([400, 413, 422])

/** One for each isolate, so that a token is got once. */
const admins = new WeakMap<Config, HeapAdmin>()

/** The client with the key; nothing where there is no key. One attempt each: when to try again is for others to say. */
export function heapAdminOf(config: Config): HeapAdmin | undefined {
  const { appId, heapApiKey, heapAdminUrl } = config
  const known = admins.get(config)
  if (known || heapApiKey === undefined) return known
  const admin = createHeapAdmin({
    appId,
    apiKey: heapApiKey,
    endpoint: heapAdminUrl,
    timeout: LATEST_ANSWER_MS,
    retry: { giveUpAfter: 0 },
    now: () => Date.now(),
    fetch: timedFetch,
  })
  admins.set(config, admin)
  return admin
}

/** Heap is asked, and it is noted how long that took. */
async function timedFetch(...request: Parameters<typeof fetch>): Promise<Response> {
  const began = Date.now()
  let status: number | undefined
  try {
    const response = await fetch(...request)
    ;({ status } = response)
    return response
  } finally {
    const answer =
      status === undefined || status === 429 || status >= 500 ? 'failed' : status < 400 ? 'taken' : 'refused'
    meter.heap('deletions', answer, Date.now() - began)
  }
}

/** Submits users. Whatever the answer is, after `timeoutMs` nobody waits for it any more. */
export async function submit(
  admin: HeapAdmin | undefined,
  users: readonly DeletedUser[],
  timeoutMs: number,
): Promise<Submission> {
  if (!admin) return { kind: 'not-now', problem: 'HEAP_API_KEY is not set' }
  const list = users.map(({ kind, value }) => (kind === 'identity' ? { identity: value } : { user_id: value }))
  const notNow = ({ message, retryAfterMs }: HeapError): Submission => ({
    kind: 'not-now',
    problem: message,
    retryAfterMs,
  })
  try {
    // First, since a refusal of the key is no refusal of the deletion.
    await admin.accessToken()
  } catch (error) {
    return notNow(error as HeapError)
  }
  const answer = admin.deleteUsers(list).then(
    ([request]): Submission =>
      request
        ? { kind: 'submitted', id: request.deletion_request_id, status: request.status }
        : { kind: 'not-now', problem: 'Heap gave no id' },
    (error: HeapError): Submission =>
      isHeapRequestError(error) && REFUSALS.has(error.status ?? 400)
        ? { kind: 'refused', problem: error.message }
        : notNow(error),
  )
  const late = answer.then((submission) => (submission.kind === 'submitted' ? submission.id : undefined))
  let timer: ReturnType<typeof setTimeout> | undefined
  const timedOut = new Promise<Submission>((resolve) => {
    timer = setTimeout(
      () => resolve({ kind: 'not-now', problem: `Heap did not answer in ${timeoutMs} ms`, late }),
      timeoutMs,
    )
  })
  return Promise.race([answer, timedOut]).finally(() => clearTimeout(timer))
}

/** Asks for the status of a request. */
export async function ask(admin: HeapAdmin | undefined, heapId: string): Promise<Asked> {
  if (!admin) return { kind: 'not-now', problem: 'HEAP_API_KEY is not set' }
  try {
    const { status } = await admin.deletionStatus(heapId)
    return { kind: 'status', status: status.slice(0, 100) }
  } catch (error) {
    const { status, message } = error as HeapError
    if (status === 404) return { kind: 'unknown' }
    return { kind: 'not-now', problem: message, onlyThis: isHeapRequestError(error) && status !== 401 }
  }
}
