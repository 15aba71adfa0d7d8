/**
 * Numbers of a file, of which none loses digits.
 * @module
 */
import { losesDigits, parseKeepingDigits } from '@heap-edge/contract/json'

/** What a person writes: no hexadecimal, no Infinity. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/**
 * The number that a decimal text is; nothing where it is none. One that would lose digits is a BigInt, which the check refuses at
 * its place: {@link TOO_MANY_DIGITS}.
 */
export function numberOf(text: string): number | bigint | undefined {
  if (!DECIMAL.test(text)) return
  const number = Number(text)
  if (!Number.isFinite(number)) return
  if (!losesDigits(text)) return number
  return BigInt(text.replace(/^\+/, '').replace(/\..*/, ''))
}

/** What is to be told of a BigInt. */
export const TOO_MANY_DIGITS = 'has more digits than a number keeps: send it as a string'

/**
 * As JSON.parse, with a BigInt for each number that would lose digits.
 *
 * @throws SyntaxError where it is not valid JSON
 */
export function parseJson(text: string): unknown {
  return parseKeepingDigits(text, numberOf)
}

/** The same of what is typed. @throws RangeError where a number would lose digits */
export function parseTyped(text: string): unknown {
  return parseKeepingDigits(text, (digits) => {
    throw new RangeError(`${digits} ${TOO_MANY_DIGITS}`)
  })
}
