/**
 * Numbers that keep all their digits. A whole number of more than a double keeps would arrive as another one, as an id does then
 * that is somebody else's.
 * @module
 */

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
  if (Number.isSafeInteger(Math.trunc(number)) || /e/i.test(text)) return number
  // As it is written again is as it arrives.
  if (digitsOf(String(number)) === digitsOf(text)) return number
  return BigInt(text.replace(/^\+/, '').replace(/\..*/, ''))
}

/** Those that say something. */
const digitsOf = (text: string) =>
  text
    .replace(/e.*/, '')
    .replaceAll(/\D/g, '')
    .replaceAll(/^0+|0+$/g, '')

/** What is to be told of a BigInt. */
export const TOO_MANY_DIGITS = 'has more digits than a number keeps: send it as a string'

/** As {@link parseJson}, for what is typed. @throws RangeError where a number would lose digits */
export function parseTyped(text: string): unknown {
  const value = parseJson(text)
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'bigint') return part
    throw new RangeError(`${part} ${TOO_MANY_DIGITS}`)
  })
  return value
}

/** A text without it has no such number. */
const MANY_DIGITS = /[:[,]\s*-?\d{16}/

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Stands before the digits of a BigInt for a moment. Texts hardly ever begin with it. */
const MARK = '\uFFFD'

/**
 * As JSON.parse, with a BigInt for each number that would lose digits.
 *
 * @throws SyntaxError where it is not valid JSON
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!MANY_DIGITS.test(text)) return value
  const marked = text.replaceAll(STRING_OR_NUMBER, (token) =>
    typeof numberOf(token) === 'bigint' ? `"${MARK}${token}"` : token,
  )
  if (marked === text) return value
  return JSON.parse(marked, (_, part: unknown) => {
    const number = typeof part === 'string' && part.startsWith(MARK) ? numberOf(part.slice(MARK.length)) : undefined
    return typeof number === 'bigint' ? number : part
  })
}
