/**
 * Which column is what: Heap's own field, a property by the same or another name, or nothing.
 * @module
 */
import { Failure } from '../failure.ts'
import { numberOf } from './number.ts'
import type { Columns, Row } from './row.ts'

/** What is imported. */
export const KINDS = ['users', 'accounts', 'events'] as const

export type Kind = (typeof KINDS)[number]

/** Heap's fields of each kind of record, and those of users that are to be deleted. */
export const FIELDS = {
  users: ['identity'],
  accounts: ['account_id'],
  events: ['event', 'identity', 'user_id', 'timestamp', 'session_id', 'idempotency_key'],
  deletions: ['identity', 'user_id'],
} as const satisfies Record<string, readonly string[]>

export type Fields = (typeof FIELDS)[keyof typeof FIELDS][number]

/** What people say, by flags or in a file. All of it may be left out. */
export interface Mapping {
  /** The column of a field, where it is not called as Heap calls it. */
  fields?: Partial<Record<Fields, string>> | undefined
  /** The property that a column becomes, one that is a field as well; with null, none. */
  properties?: Record<string, string | null> | undefined
  /** Columns whose text is a number. */
  numbers?: string[] | undefined
  /** The event that all rows are, where no column names it. */
  event?: string | undefined
}

/** What a mapping made of a row: a record of the client, or what is wrong. */
export type Mapped = { record: Columns; problem?: undefined } | { problem: { pointer: string; detail: string } }

/**
 * A file of `--mapping`.
 *
 * @throws Failure that says what is wrong with it
 */
export function parseMapping(text: string, file: string): Mapping {
  const wrong = (detail: string) => new Failure(`${file} is no mapping: ${detail}.`)
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    throw wrong('it is not valid JSON')
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong('it must be a JSON object')
  const known = ['fields', 'properties', 'numbers', 'event']
  const other = Object.keys(given).find((name) => !known.includes(name))
  if (other !== undefined) throw wrong(`"${other}" is unknown, it has ${known.join(', ')}`)
  const { fields = {}, properties = {}, numbers = [], event } = given as Record<string, unknown>
  if (!isRecordOf(fields, (column) => typeof column === 'string')) {
    throw wrong('"fields" must name a column for each field')
  }
  if (!isRecordOf(properties, (name) => name === null || (typeof name === 'string' && name !== ''))) {
    throw wrong('"properties" must name a property, or null, for each column')
  }
  if (!Array.isArray(numbers) || !numbers.every((column) => typeof column === 'string')) {
    throw wrong('"numbers" must be a list of columns')
  }
  if (event !== undefined && typeof event !== 'string') throw wrong('"event" must be the name of an event')
  return { fields, properties, numbers, event } as Mapping
}

function isRecordOf(value: unknown, ok: (value: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(ok)
}

/** Makes records of rows, by one mapping. */
export class Mapper {
  readonly #kind: keyof typeof FIELDS
  readonly #mapping: Mapping
  /** The field of each column that is one. */
  readonly #fieldOf: Map<string, string>
  readonly #numbers: ReadonlySet<string>
  /** Columns that are named and were in no row yet. */
  readonly #unmet: Set<string>
  /** Nothing is said, so that a row which is a record of Heap's is one as it is. */
  readonly plain: boolean

  /** @throws Failure where it names fields that such records do not have */
  constructor(kind: keyof typeof FIELDS, mapping: Mapping) {
    const fields: readonly string[] = FIELDS[kind]
    const named = Object.keys(mapping.fields ?? {})
    const other = named.find((field) => !fields.includes(field))
    if (other !== undefined) throw new Failure(`${kind} have no ${other}; they have ${fields.join(', ')}.`)
    if (mapping.event !== undefined && kind !== 'events') throw new Failure(`${kind} have no event.`)
    this.#kind = kind
    this.#mapping = mapping
    this.#fieldOf = new Map(fields.map((field) => [mapping.fields?.[field as Fields] ?? field, field]))
    this.#numbers = new Set(mapping.numbers)
    this.#unmet = new Set(this.#named())
    this.plain = kind !== 'events' && named.length === 0 && isEmpty(mapping.properties) && this.#numbers.size === 0
  }

  /** Columns that were named and that no row had. */
  get unmet(): readonly string[] {
    return Array.from(this.#unmet)
  }

  #named(): string[] {
    const { fields = {}, properties = {}, numbers = [] } = this.#mapping
    return [...Object.values(fields), ...Object.keys(properties), ...numbers]
  }

  /** @throws Failure where the header lacks a column that is named, or that is needed, or where two would be one property */
  checkHeader(columns: readonly string[]): void {
    const { event } = this.#mapping
    const has = (field: Fields) => this.hasColumn(field, columns)
    const missing = this.#named().find((column) => !columns.includes(column))
    const there = `the columns are ${columns.join(', ')}`
    if (missing !== undefined) throw new Failure(`There is no column "${missing}"; ${there}.`)
    // One without a name is left out, as those are that commas at the end make.
    const names = columns.map((column) => (column === '' ? undefined : this.#propertyOf(column)))
    const [one, other] = columns.filter(
      (_, at) => names[at] !== undefined && names.indexOf(names[at]) !== names.lastIndexOf(names[at]),
    )
    if (one !== undefined) {
      throw new Failure(`The columns "${one}" and "${other}" would both be the property "${this.#propertyOf(one)}".`)
    }
    const needs: Fields[][] = {
      users: [['identity' as const]],
      accounts: [['account_id' as const]],
      events: [...(event === undefined ? [['event' as const]] : []), ['identity' as const, 'user_id' as const]],
      deletions: [['identity' as const, 'user_id' as const]],
    }[this.#kind]
    const lacking = needs.find((oneOf) => !oneOf.some(has))?.[0]
    if (lacking === undefined) return
    const flag = `--${lacking.replaceAll('_', '-')}-column`
    throw new Failure(`There is no column "${lacking}": name the one that it is by ${flag}; ${there}.`)
  }

  /** Whether some column has a field. */
  hasColumn(field: Fields, columns: readonly string[]): boolean {
    return columns.includes(this.#mapping.fields?.[field] ?? field)
  }

  /** A record of a row. Whether it is a good one is not looked at here. */
  mapRow(row: Row): Mapped {
    if (row.ready !== undefined) return { record: JSON.parse(row.ready) as Columns }
    if (row.problem !== undefined) return { problem: { pointer: '', detail: row.problem } }
    return this.map(row.columns)
  }

  /** The same of its columns. */
  map(columns: Columns): Mapped {
    if (this.plain && isRecord(columns, this.#kind)) return { record: columns }
    const { event } = this.#mapping
    const record: Columns = {}
    const properties: [string, unknown][] = []
    for (const [column, value] of opened(columns)) {
      const number = this.#numbers.has(column) && value !== null ? asNumber(value) : undefined
      const given = number ?? value
      if (this.#numbers.has(column) && typeof given === 'string') {
        return { problem: { pointer: `/${column}`, detail: 'must be a number with a point, as 12.5' } }
      }
      const field = this.#fieldOf.get(column)
      if (field !== undefined) record[field] = field === 'timestamp' ? asTime(given) : given
      const name = this.#propertyOf(column)
      if (name !== undefined) properties.push([name, given])
      if (this.#unmet.size > 0) this.#unmet.delete(column)
    }
    if (event !== undefined) record.event ??= event
    // Unlike an assignment, this makes "__proto__" a property like any other.
    record.properties = Object.fromEntries(properties)
    if (Object.keys(record.properties as object).length < properties.length) {
      const names = properties.map(([name]) => name)
      const twice = names.find((name, at) => names.indexOf(name) !== at)
      return { problem: { pointer: `/${twice}`, detail: 'is there twice, once by another name or within properties' } }
    }
    return { record }
  }

  /** The property that a column becomes; nothing where it is left out. */
  #propertyOf(column: string): string | undefined {
    const { properties: names } = this.#mapping
    if (names !== undefined && Object.hasOwn(names, column)) return names[column] ?? undefined
    // What is a field is a property as well only where somebody says so.
    return this.#fieldOf.has(column) ? undefined : column
  }
}

const isEmpty = (object: object | undefined) => Object.keys(object ?? {}).length === 0

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a row is a record as Heap has it, with nothing beside. */
function isRecord(columns: Columns, kind: keyof typeof FIELDS): boolean {
  const [id] = FIELDS[kind]
  for (const name in columns) if (name !== id && name !== 'properties') return false
  return isObject(columns.properties)
}

/** The columns, with `properties` opened where it is an object: the columns beside it are properties as well. */
function opened(columns: Columns): [string, unknown][] {
  const { properties, ...others } = columns
  if (!isObject(properties)) return Object.entries(columns)
  return [...Object.entries(others), ...Object.entries(properties as Columns)]
}

/** Nothing where it is no number. */
function asNumber(value: unknown): number | bigint | undefined {
  if (typeof value === 'string') return numberOf(value.trim())
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A Unix time of a file that has only text. */
function asTime(value: unknown): unknown {
  return typeof value === 'string' && /^\d{9,13}$/.test(value) ? Number(value) : value
}
