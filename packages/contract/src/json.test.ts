import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseKeepingDigits } from './json.ts'

it('reads all JSON as JSON.parse does, where a double keeps the numbers', () => {
  fc.assert(
    fc.property(fc.json(), fc.maxSafeInteger(), fc.double(), (text, whole, double) => {
      const all = `[${text}, ${whole}, ${JSON.stringify(double)}]`
      expect(parseKeepingDigits(all)).toEqual(JSON.parse(all))
    }),
  )
})

it('has each digit of a whole number', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (number) => {
      const { id } = parseKeepingDigits(`{"id": ${number}}`) as { id: unknown }
      expect(String(id)).toBe(String(number))
    }),
    { examples: [[119209289550781250000000n], [10n ** 21n], [9007199254740993n]], numRuns: 1000 },
  )
})

it('takes a text that begins as its mark does for a text', () => {
  const text = '[9007199254740993, "\uFFFD12", "\uFFFDx5", "\uFFFD"]'
  expect(parseKeepingDigits(text)).toEqual(['9007199254740993', '\uFFFD12', '\uFFFDx5', '\uFFFD'])
})

it('leaves texts, fractions and exponents as they are', () => {
  const text = '{"a":"x: 12345678901234567890","b":1234567890123456.5,"c":1e30,"d":-0}'
  expect(parseKeepingDigits(text)).toEqual(JSON.parse(text))
})
