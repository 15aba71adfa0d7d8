/**
 * The client: four calls, each for one record or for a list.
 * @module
 */
import type { PATHS } from '@heap-edge/contract'
import { type HeapOptions, readOptions } from './options.ts'
import type { Path } from './prepare.ts'
import type { AccountRecord, AnyEvents, EventMap, IdentifyRecord, TrackRecord, UserRecord } from './records.ts'
import type { Ending, Notes, RecordResult, Report } from './results.ts'
import { sendAll } from './send-all.ts'

/** Of one call. */
export interface CallOptions {
  /** Ends the call, waiting included. What was under way may have arrived. */
  signal?: AbortSignal | undefined
}

/** A call of the client. */
export interface Call<Record> {
  /**
   * Sends a list of any length, in requests of at most `maxRecords` that go one after the other. An async iterable is sent
   * each time a request is full, and at its end.
   *
   * @returns a report on every item; it rejects only with what the iterable itself throws, after what it gave has been sent
   */
  (records: Iterable<Record> | AsyncIterable<Record>, options?: CallOptions): Promise<Report>
  /**
   * Sends one record.
   *
   * @throws HeapRequestError where it will never be accepted as it is
   * @throws HeapRateLimitError, HeapUnavailableError where it could not be sent in time
   */
  (record: Record, options?: CallOptions): Promise<RecordResult>
}

/** What {@link createHeap} makes. */
export interface Heap<Events extends EventMap<Events> = AnyEvents> {
  /** Sends events. */
  track: Call<TrackRecord<Events>>
  /** Joins anonymous users to identities. Heap takes one at a time, so that a list is a request for each. */
  identify: Call<IdentifyRecord>
  /** Sets properties of identified users. */
  addUserProperties: Call<UserRecord>
  /** Sets properties of accounts. */
  addAccountProperties: Call<AccountRecord>
}

/**
 * Makes a client. It does nothing by itself, no timer, no random number, no request, so that it may stand at the top of a
 * module, in a Worker too.
 *
 * @throws TypeError that says which option is wrong
 * @example
 * ```ts
 * const heap = createHeap<{ Purchase: { amount: number } }>({ appId: '123456789', check: createCheck() })
 * await heap.track({ event: 'Purchase', identity: 'alice@example.com', properties: { amount: 7.5 } })
 * ```
 */
export function createHeap<Events extends EventMap<Events> = AnyEvents>(options: HeapOptions): Heap<Events> {
  const settings = readOptions(options)

  const call =
    (path: Path, listKey?: string) =>
    async (input: object | Iterable<object> | AsyncIterable<object>, { signal }: CallOptions = {}) => {
      if (Symbol.iterator in input || Symbol.asyncIterator in input) {
        return reportOn(await sendAll(path, listKey, input, settings, signal))
      }
      const [result] = (await sendAll(path, undefined, [input], settings, signal)) as [Notes & Ending]
      if ('error' in result) throw result.error
      return result
    }

  return {
    track: call('/api/track' satisfies typeof PATHS.track, 'events'),
    identify: call('/api/v1/identify' satisfies typeof PATHS.identify),
    addUserProperties: call('/api/add_user_properties' satisfies typeof PATHS.addUserProperties, 'users'),
    addAccountProperties: call('/api/add_account_properties' satisfies typeof PATHS.addAccountProperties, 'accounts'),
  } as Heap<Events>
}

function reportOn(results: (Notes & Ending)[]): Report {
  const items = results.map((result, index) => ({ index, ...result }))
  const report: Report = { delivered: 0, queued: 0, suppressed: 0, rejected: 0, failed: 0, results: items }
  for (const { outcome } of results) report[outcome]++
  return report
}
