/**
 * A survey answer and what is known of who gave it, as one record for Heap. Pure.
 * @module
 */
import type { Combined } from './clearbit.ts'
import { flatten, type FlatRecord } from './flat.ts'

/** A record for `addUserProperties`. */
export interface Lead {
  /** The e-mail address, without blanks around it; its letters stay as they are, since Heap tells large from small. */
  identity: string
  properties: FlatRecord
}

/**
 * Merges an answer with an enrichment. The answer's own fields keep their names, Clearbit's are put behind `person.` and
 * `company.`; a field of the answer counts where both have one of the same name. Nothing is made of an answer without an e-mail
 * address.
 *
 * @param answer a flat object with an `email`, of whatever else it has
 * @example
 * ```ts
 * mergeLead({ email: 'andrew@clearbit.com', age: 48 }, { status: 'found', person: null, company: { name: 'Clearbit' } })
 * // { identity: 'andrew@clearbit.com', properties: { 'company.name': 'Clearbit', email: 'andrew@clearbit.com', age: 48 } }
 * ```
 */
export function mergeLead(answer: unknown, enrichment: Combined): Lead | undefined {
  const own = flatten(answer)
  const identity = typeof own.email === 'string' ? own.email.trim() : ''
  if (!identity) return undefined
  const { person, company } = enrichment.status === 'found' ? enrichment : {}
  const properties = {
    ...flatten(person, { prefix: 'person.' }),
    ...flatten(company, { prefix: 'company.' }),
    ...own,
    email: identity,
  }
  return { identity, properties }
}
