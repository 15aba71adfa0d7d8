/**
 * Warnings of the check about rows that are sent, counted by what they say and about which property.
 * @module
 */
import { count, number } from '../output.ts'
import type { Remarked } from './chunk.ts'

/** One kind of them. */
export interface Warning {
  /** The property, or what of a nested one is the last part. */
  name: string
  warning: string
  /** How often. */
  count: number
}

/** So many kinds are told apart. */
const MOST_KINDS = 100

/** So many are told to people, with so much of each name. */
const TOLD = 5
const NAME_LENGTH = 60

export class Warnings {
  readonly #kinds = new Map<string, Warning>()
  /** Of more kinds than are told apart. */
  #others = 0

  add(rows: readonly Remarked[]): void {
    for (const { problems } of rows) {
      for (const { pointer, detail } of problems) {
        const name = nameOf(pointer)
        const key = `${name} ${detail}`
        const kind = this.#kinds.get(key)
        if (kind) kind.count++
        else if (this.#kinds.size < MOST_KINDS) this.#kinds.set(key, { name, warning: detail, count: 1 })
        else this.#others++
      }
    }
  }

  /** The most frequent first. */
  list(): Warning[] {
    return [...this.#kinds.values()].sort((one, other) => other.count - one.count)
  }

  /** For people. */
  notes(): string[] {
    const kinds = this.list()
    const others = kinds.slice(TOLD).reduce((sum, { count }) => sum + count, this.#others)
    const told = kinds
      .slice(0, TOLD)
      .map(({ name, warning, count }) => `Warning, ${times(count)}: ${shown(name)} ${warning}.`)
    return others === 0 ? told : [...told, `There are ${count(others, 'other warning')}.`]
  }
}

/** Without the place in a list. */
function nameOf(pointer: string): string {
  const [last = ''] = pointer
    .replace(/\/\d+$/, '')
    .split('/')
    .slice(-1)
  return last.replaceAll('~1', '/').replaceAll('~0', '~')
}

const times = (count: number) => (count === 1 ? 'once' : `${number(count)} times`)

/** As a terminal may show it. */
function shown(name: string): string {
  const short = name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH)}…` : name
  return `"${short.replaceAll(/\p{C}/gu, '')}"`
}
