/**
 * JSON of others, with all the digits of its numbers.
 * @module
 */

/** A text without it has no whole number of more digits than a double keeps. */
const MANY_DIGITS = /[:[,]\s*-?\d{16}/

/**
 * As JSON.parse, but a whole number that a double would change, as an id of more than 15 digits may be, becomes a string of its
 * digits: rounded, it would be the id of somebody else.
 *
 * @throws SyntaxError where it is not valid JSON
 * @example
 * ```ts
 * parseKeepingDigits('[7, 9007199254740993]') // [7, '9007199254740993']
 * ```
 */
export function parseKeepingDigits(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text)
  return JSON.parse(text, ((_: string, value: unknown, { source = '' }: { source?: string } = {}) =>
    typeof value === 'number' && /^-?\d{16,}$/.test(source) && String(value) !== source ? source : value) as (
    key: string,
    value: unknown,
  ) => unknown)
}
