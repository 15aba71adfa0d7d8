/**
 * A survey answer and what is known of who gave it, as one record for Heap. Pure.
 * @module
 */
import { type Combined, isAddress } from './clearbit.ts'
import { flatten, type FlatRecord } from './flat.ts'

/** A record for `addUserProperties`. */
export interface Lead {
  /** The e-mail address, without blanks around it; its letters stay as they are, since Heap tells large from small. */
  identity: string
  properties: FlatRecord
}

/**
 * Whether Heap has the name of a field for itself on users: `id`, however it is written, and `user_id`. A record with such a
 * property is refused, whole.
 */
export function isReserved(name: string): boolean {
  return name === 'user_id' || name.toLowerCase() === 'id'
}

/**
 * The e-mail address of an answer, without blanks around it; nothing where there is none. A `-` or a `guest` is none: as an
 * identity it would make one user, for ever, of all who answered so.
 */
export function emailOf(answer: unknown): string | undefined {
  const { email } = Object(answer) as { email?: unknown }
  const address = typeof email === 'string' ? email.trim() : undefined
  return isAddress(address) ? address : undefined
}

/**
 * Merges an answer with an enrichment. The answer's own fields keep their names, Clearbit's are put behind `person.` and
 * `company.`; a field of the answer counts where both have one of the same name. Fields that {@link isReserved} are left out.
 * Nothing is made of an answer without an e-mail address.
 *
 * @param answer a flat object with an `email`, of whatever else it has
 * @example
 * ```ts
 * mergeLead({ email: 'andrew@clearbit.com', age: 48 }, { status: 'found', person: null, company: { name: 'Clearbit' } })
 * // { identity: 'andrew@clearbit.com', properties: { 'company.name': 'Clearbit', email: 'andrew@clearbit.com', age: 48 } }
 * ```
 */
export function mergeLead(answer: unknown, enrichment: Combined): Lead | undefined {
  const identity = emailOf(answer)
  if (identity === undefined) return undefined
  const own = Object.entries(flatten(answer)).filter(([name]) => !isReserved(name))
  const { person, company } = enrichment.status === 'found' ? enrichment : {}
  const properties = {
    ...flatten(person, { prefix: 'person.' }),
    ...flatten(company, { prefix: 'company.' }),
    ...Object.fromEntries(own),
    email: identity,
  }
  return { identity, properties }
}
