/**
 * What a bench is told on the command line.
 * @module
 */
import { parseArgs } from 'node:util'

/**
 * The numbers that the command line gives by these names, else these.
 *
 * @throws where it names something else, or something is no number
 * @example
 * ```ts
 * const { rounds } = numbers({ rounds: 5 }) // npm run bench -- --rounds 7
 * ```
 */
export function numbers<Name extends string>(defaults: Record<Name, number>): Record<Name, number> {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]))
  const found = Object.entries(parseArgs({ options }).values).map(([name, value]) => [name, Number(value)] as const)
  const wrong = found.find(([, value]) => Number.isNaN(value))
  if (wrong) throw new TypeError(`--${wrong[0]} must be a number`)
  return { ...defaults, ...(Object.fromEntries(found) as Record<Name, number>) }
}
