/**
 * What of an ingestion request counts: against whom, and how much.
 * @module
 */
import { type IngestRecord, PATHS, subjectKey } from '@heap-edge/contract'

/** One request as the limits and maxima see it. */
export interface Arrival {
  readonly appId: string
  /** Each distinct identity or user_id, with the number of its events. */
  readonly subjects: readonly (readonly [subject: string, events: number])[]
  /** All events of the request. */
  readonly events: number
  /** Whether Heap's limits hold here. */
  readonly limited: boolean
}

/** The requests that Heap limits per identity; identify and account properties have no limit. */
const LIMITED: ReadonlySet<string> = new Set([PATHS.track, PATHS.addUserProperties])

/** A bulk request is one request of each distinct identity in it (heap-api section 11). */
export function arrivalOf(path: string, appId: string, records: readonly IngestRecord[]): Arrival {
  const subjects = new Map<string, number>()
  for (const record of records) {
    // An identification has an identity and a user_id; it counts for the identity.
    const subject = subjectKey(record)
    if (subject !== undefined) subjects.set(subject, (subjects.get(subject) ?? 0) + ('event' in record ? 1 : 0))
  }
  return arrivalBy(path, appId, [...subjects])
}

/** {@link arrivalOf}, for subjects that are counted already. */
export function arrivalBy(path: string, appId: string, subjects: Arrival['subjects']): Arrival {
  return {
    appId,
    subjects,
    events: subjects.reduce((sum, [, events]) => sum + events, 0),
    limited: LIMITED.has(path),
  }
}

/** The identity or user_id of a subject as a person reads it. */
export function nameOf(subject: string): string {
  return subject.slice(subject.indexOf(':') + 1)
}
