/**
 * The shapes of what is posted to the hooks. Pure.
 * @module
 */
import { isObject, MOST_PROBLEMS, type Problem, toPointer } from '@heap-edge/contract'

const MOST_RECORDS = 100_000
/** Objects and lists within each other, as far as nobody who looks into them runs out of stack. */
const MOST_DEPTH = 100

/** What is wrong with an event: Heap sends an object of values, with at most one level inside, and no lists (heap-api 7.1). */
export function problemsOfEvent(body: unknown): Problem[] {
  if (!isObject(body)) return [{ pointer: '', detail: 'must be a JSON object' }]
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(body)) {
    const inner = isObject(value) ? Object.entries(value) : []
    if (Array.isArray(value)) problems.push({ pointer: toPointer([name]), detail: 'must not be a list' })
    for (const [innerName, innerValue] of inner) {
      if (typeof innerValue !== 'object' || innerValue === null) continue
      problems.push({
        pointer: toPointer([name, innerName]),
        detail: 'must be a string, a number, true, false or null',
      })
    }
  }
  return problems.slice(0, MOST_PROBLEMS)
}

/** What is wrong with a list of records. */
export function problemsOfRecords(body: unknown): Problem[] {
  if (!Array.isArray(body)) return [{ pointer: '', detail: 'must be a JSON list' }]
  if (body.length === 0) return [{ pointer: '', detail: 'must not be empty' }]
  if (body.length > MOST_RECORDS) return [{ pointer: '', detail: `must have at most ${MOST_RECORDS} records` }]
  return body
    .flatMap((record, index): Problem[] => {
      if (!isObject(record)) return [{ pointer: `/${index}`, detail: 'must be an object' }]
      if (isDeeper(record, MOST_DEPTH)) {
        return [{ pointer: `/${index}`, detail: `must have at most ${MOST_DEPTH} levels` }]
      }
      return []
    })
    .slice(0, MOST_PROBLEMS)
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1))
}
