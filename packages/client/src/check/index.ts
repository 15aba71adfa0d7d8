/**
 * heap-edge/check: looks at records before they are sent, by the rules that a heap-edge proxy has. Heap itself answers a bad
 * record with a 400 that does not say why, and takes an identity that merges people in silence.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import type { Check } from '../prepare.ts'
import { isObject } from './json.ts'
import { notSent } from './not-sent.ts'
import { type Shape, shapes } from './shapes.ts'

export type { Check, Path } from '../prepare.ts'

/** What may be allowed. */
export interface CheckOptions {
  /** Take identities such as `guest` or `null`, by which Heap merges all who carry them, for ever. Default false. */
  allowMergingIdentities?: boolean
}

/**
 * Makes a check for `createHeap`, to be given wherever the client writes to Heap directly. It refuses what Heap would refuse
 * or misunderstand, each problem with its place, and brings the rest into Heap's form: nested properties become dotted names,
 * booleans strings, long values are cut.
 *
 * @example
 * ```ts
 * const heap = createHeap({ appId: '123456789', check: createCheck() })
 * await heap.track({ event: 'Login', identity: 'guest' }) // HeapRequestError: /identity is no identity: …
 * ```
 */
export function createCheck({ allowMergingIdentities = false }: CheckOptions = {}): Check {
  return (path, input) => {
    const problems: Problem[] = []
    const warnings: Problem[] = []
    const record: Record<string, unknown> = {}
    const { needs, oneOf, fields }: Shape = shapes[path]
    const given = isObject(input) ? input : {}

    if (given !== input) problems.push({ pointer: '', detail: 'must be an object' })
    for (const [name, field] of Object.entries(fields)) {
      const value = given[name]
      if (value === undefined && !needs.includes(name)) continue
      record[name] = field(value, {
        allowMergingIdentities,
        refuse: (detail, at = '') => problems.push({ pointer: `/${name}${at}`, detail }),
        warn: (detail, at = '') => warnings.push({ pointer: `/${name}${at}`, detail }),
      })
    }
    if (oneOf && (given[oneOf[0]] === undefined) === (given[oneOf[1]] === undefined)) {
      problems.push({ pointer: '', detail: `needs exactly one of ${oneOf.join(' and ')}` })
    }

    if (problems.length > 0) throw notSent(path, problems)
    return { record, ...(warnings.length > 0 && { warnings }) }
  }
}
