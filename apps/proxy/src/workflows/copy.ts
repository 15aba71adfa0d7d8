/**
 * Records to Heap, as workflows send them: page by page, and none of them dropped in silence.
 * @module
 */
import { type FlatRecord, type heap, OptionError, pageGuard, type Reader } from '@heap-edge/workflows'
import type { Run } from './define.ts'

/** What became of some records: small, so that it may be what a step returns. */
export interface Tally {
  records: number
  /** Of them, those without an id, which were not sent. */
  nameless: number
  /** Of them, those that were refused. */
  refused: number
  /** Why the first of them were: the place of each and what is wrong there, never a value. */
  problems: string[]
  /** Names of fields that were left out, since Heap has them for itself. */
  reserved: string[]
}

/** Pages of a source at most. Each is a step, and the platform takes some 10 000 of a run. */
const MOST_PAGES = 10_000
/** Refusals that are told, of a step and of a run. */
const MOST_TOLD = 3

/** From where to where {@link copyPages} copies. */
interface Copy<Record> {
  reader: Reader
  step: Run<unknown>['step']
  /** The field by which Heap is to know a record: a text or a number. */
  idField: string
  /** Tells fields that Heap does not take. Default: it takes all. */
  isReserved?: (name: string) => boolean
  /** Makes a record for Heap of the id and of all other fields. */
  toRecord: (id: string, properties: FlatRecord) => Record
  send: (records: Record[]) => Promise<heap.Sent>
}

/**
 * Reads page after page and sends the records of each, in a step of its own: what was sent is not sent again. Where none of
 * the first page's records has the id, the name of the field must be wrong, and the step fails for good.
 *
 * @returns what was not sent, in a sentence; nothing where all was
 * @throws ActionError that may not be retried where there is no end to the pages
 */
export async function copyPages<Record>(copy: Copy<Record>): Promise<string | undefined> {
  const guard = pageGuard('copyPages', MOST_PAGES)
  const tallies: Tally[] = []
  let cursor: string | undefined
  do {
    guard(cursor)
    const at = cursor
    const page = tallies.length + 1
    const { next, tally } = await copy.step.do(`page ${page}`, () => copyPage(copy, page, at))
    tallies.push(tally)
    cursor = next
  } while (cursor !== undefined)
  // Not the name of the field: as a setting it would be hidden.
  return notSent('records', 'an id', tallies)
}

async function copyPage<Record>(
  { reader, idField, isReserved = () => false, toRecord, send }: Copy<Record>,
  page: number,
  cursor: string | undefined,
): Promise<{ next?: string | undefined; tally: Tally }> {
  const { records, next } = await reader.readPage(cursor)
  const reserved = new Set<string>()
  const known = records.flatMap(({ [idField]: id, ...fields }, place) => {
    if (typeof id !== 'string' && typeof id !== 'number') return []
    const names = Object.keys(fields).filter(isReserved)
    for (const name of names) {
      reserved.add(name)
      delete fields[name]
    }
    return [{ place, record: toRecord(String(id), fields) }]
  })
  if (page === 1 && records.length > 0 && known.length === 0) {
    throw new OptionError(`page ${page}`, idField, 'is in none of its records; another field must be their id')
  }
  const sent = await send(known.map(({ record }) => record))
  const tally = {
    records: records.length,
    nameless: records.length - known.length,
    ...refusalsOf(sent, (index) => `page ${page}: /records/${known[index]?.place}`),
    reserved: Array.from(reserved),
  }
  return { next, tally }
}

/** What was refused of records that were sent. @param placeOf where the record with this index stands, as a JSON pointer */
export function refusalsOf(
  { rejected, problems }: heap.Sent,
  placeOf: (index: number) => string,
): Pick<Tally, 'refused' | 'problems'> {
  return {
    refused: rejected,
    problems: problems.slice(0, MOST_TOLD).map(({ index, problem }) => {
      // Of a check, what is behind it is a pointer into the record.
      const found = problem.replace(/^Not sent to \S+: /, '')
      return `${placeOf(index)}${found.startsWith('/') ? '' : ' '}${found}`
    }),
  }
}

/**
 * Says what was not sent.
 *
 * @param what the records are
 * @param id what those that are nameless lack
 * @returns nothing where all was sent
 * @example
 * ```ts
 * notSent('answers', 'an e-mail address', tallies)
 * // 'Not sent: 2 of 8 answers; 1 without an e-mail address, 1 refused (/3/identity must be well-formed Unicode).'
 * ```
 */
export function notSent(what: string, id: string, tallies: readonly Tally[]): string | undefined {
  const sum = (of: 'records' | 'nameless' | 'refused') => tallies.reduce((sum, tally) => sum + tally[of], 0)
  const [nameless, refused] = [sum('nameless'), sum('refused')]
  const problems = tallies.flatMap(({ problems }) => problems).slice(0, MOST_TOLD)
  const reserved = new Set(tallies.flatMap(({ reserved }) => reserved))
  const reasons = [
    ...(nameless > 0 ? [`${nameless} without ${id}`] : []),
    ...(refused > 0 ? [`${refused} refused (${problems.join('; ')}${refused > problems.length ? '; …' : ''})`] : []),
  ]
  const sentences = [
    ...(reasons.length > 0
      ? [`Not sent: ${nameless + refused} of ${sum('records')} ${what}; ${reasons.join(', ')}.`]
      : []),
    ...(reserved.size > 0
      ? [`Left out, since Heap has these fields for itself: ${Array.from(reserved).join(', ')}.`]
      : []),
  ]
  return sentences.length > 0 ? sentences.join(' ') : undefined
}
