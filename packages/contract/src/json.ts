/**
 * JSON of others, with all the digits of its numbers. A whole number of more than a double keeps would arrive as another one, as an id
 * does then that is somebody else's.
 * @module
 */

/** A text without it has no such number. */
const MANY_DIGITS = /[:[,]\s*-?\d{16}/

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Stands before the digits for a moment. Texts hardly ever begin with it. */
const MARK = '\uFFFD'

/** Whether a decimal text, written without an exponent, is another number once a double has held it. */
export function losesDigits(text: string): boolean {
  const number = Number(text)
  if (Number.isSafeInteger(Math.trunc(number)) || /e/i.test(text)) return false
  // As it is written again is as it arrives: from 10^21 on with an exponent, which is no id.
  const written = String(number)
  return written.includes('e') || digitsOf(written) !== digitsOf(text)
}

/** Those that say something. */
const digitsOf = (text: string) => text.replaceAll(/\D/g, '').replaceAll(/^0+|0+$/g, '')

/** One of ours, and no text that begins with the mark by itself. */
const isMarked = (value: unknown): value is string =>
  typeof value === 'string' && /^\uFFFD-?\d+(\.\d+)?$/.test(value) && losesDigits(value.slice(MARK.length))

/**
 * As JSON.parse, but for each number that would lose digits.
 *
 * @param exact what stands in its place, made of its digits; by default they are a string
 * @throws SyntaxError where it is not valid JSON
 * @example
 * ```ts
 * parseKeepingDigits('[7, 9007199254740993]') // [7, '9007199254740993']
 * ```
 */
export function parseKeepingDigits(text: string, exact: (digits: string) => unknown = String): unknown {
  const value: unknown = JSON.parse(text)
  if (!MANY_DIGITS.test(text)) return value
  const marked = text.replaceAll(STRING_OR_NUMBER, (token) =>
    !token.startsWith('"') && losesDigits(token) ? `"${MARK}${token}"` : token,
  )
  if (marked === text) return value
  return JSON.parse(marked, (_, part: unknown) => (isMarked(part) ? exact(part.slice(MARK.length)) : part))
}
