import fc from 'fast-check'
import { expect, it } from 'vitest'
import { flattenEvent } from './event.ts'
import { flatten, type FlatValue } from './flat.ts'

const isFlat = (value: FlatValue) =>
  Array.isArray(value)
    ? value.length > 0 && value.every((item) => (typeof item === 'string' ? item !== '' : Number.isFinite(item)))
    : typeof value === 'boolean' || (typeof value === 'number' ? Number.isFinite(value) : value !== '')

it('gives flat values only, whatever comes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), (value, depth) => {
      const flat = flatten(value, { depth })
      expect(Object.values(flat).every(isFlat)).toBe(true)
      expect(Object.getPrototypeOf(flat)).toBe(Object.prototype)
    }),
  )
})

it('keeps a flat record as it is, whatever its names', () => {
  const leaf = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean())
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), leaf, { noNullPrototype: true }), (record) => {
      expect(flatten(record)).toEqual(record)
      expect(flattenEvent(record)).toEqual(record)
    }),
  )
})

it('leaves out what is absent, and names that are left out', () => {
  const source = {
    a: '',
    b: null,
    c: Number.NaN,
    d: [],
    e: [null, ''],
    attributes: { x: 1 },
    f: { attributes: 1, g: 0 },
  }
  expect(flatten(source, { without: ['attributes'] })).toEqual({ 'f.g': 0 })
})

it('takes a name for a name, also where a program might not', () => {
  const flat = flatten(JSON.parse('{"__proto__":{"polluted":1},"constructor":"c"}'))
  expect(Object.entries(flat)).toEqual([
    ['__proto__.polluted', 1],
    ['constructor', 'c'],
  ])
  expect(Object.hasOwn(flatten(JSON.parse('{"__proto__":"text"}')), '__proto__')).toBe(true)
})

it('takes one level inside of an event, as Heap sends it', () => {
  expect(flattenEvent({ user: { identity: 'alice@example.com', more: { deep: 1 }, plan: '' }, tags: [{}] })).toEqual({
    'user.identity': 'alice@example.com',
  })
  for (const body of [null, 'text', 7, [1, 2], undefined]) expect(flattenEvent(body)).toEqual({})
})

it('is bounded', () => {
  const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`n${n}`, n]))
  expect(Object.keys(flatten(wide))).toHaveLength(1000)
  expect(flatten({ ['x'.repeat(1025)]: 1 })).toEqual({})
  let deep: object = { leaf: 1 }
  for (let n = 0; n < 10_000; n++) deep = { deep }
  expect(flatten(deep)).toEqual({})
})
