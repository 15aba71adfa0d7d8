import { describe, expect, it } from 'vitest'
import { Mapper, type Mapping, parseMapping } from './mapping.ts'

const map = (mapping: Mapping, columns: Record<string, unknown>, kind: 'users' | 'events' = 'users') =>
  new Mapper(kind, mapping).map(columns)

describe('columns', () => {
  it('are fields by the names of Heap, else properties', () => {
    expect(map({}, { identity: 'a', plan: 'pro', event: 'x' })).toEqual({
      record: { identity: 'a', properties: { plan: 'pro', event: 'x' } },
    })
    expect(map({}, { event: 'e', identity: 'a', timestamp: '1700000000', amount: 5 }, 'events')).toEqual({
      record: { event: 'e', identity: 'a', timestamp: 1_700_000_000, properties: { amount: 5 } },
    })
  })

  it('are what the mapping says, numbers and nothing included', () => {
    const mapping: Mapping = {
      fields: { identity: 'mail' },
      properties: { plan: 'Plan', note: null },
      numbers: ['seats'],
    }
    const columns = { mail: 'a', identity: 'b', plan: 'pro', note: 'secret', seats: '5' }
    expect(map(mapping, columns)).toEqual({
      record: { identity: 'a', properties: { identity: 'b', Plan: 'pro', seats: 5 } },
    })
    expect(map(mapping, { mail: 'a', seats: 'many' })).toEqual({
      problem: { pointer: '/seats', detail: 'must be a number with a point, as 12.5' },
    })
    expect(map(mapping, { mail: 'a', seats: null })).toEqual({ record: { identity: 'a', properties: { seats: null } } })
    expect(map({ event: 'Signup' }, { identity: 'a' }, 'events')).toEqual({
      record: { event: 'Signup', identity: 'a', properties: {} },
    })
  })

  it('are a field and a property where both are said', () => {
    const mapping: Mapping = { fields: { identity: 'mail' }, properties: { mail: 'email' } }
    expect(map(mapping, { mail: 'a' })).toEqual({ record: { identity: 'a', properties: { email: 'a' } } })
    expect(map({ properties: { identity: null } }, { identity: 'a' })).toEqual({
      record: { identity: 'a', properties: {} },
    })
  })

  it('are decimal numbers, all of whose digits arrive', () => {
    const taken = (seats: string) => map({ numbers: ['seats'] }, { identity: 'a', seats })
    const seats = (value: unknown) => ({ record: { identity: 'a', properties: { seats: value } } })
    for (const [text, number] of [
      [' 12.5 ', 12.5],
      ['-1e3', -1000],
      ['+.5', 0.5],
      ['9007199254740991', 9_007_199_254_740_991],
      ['100000000000000000000', 1e20],
      ['9007199254740993', 9_007_199_254_740_993n],
      ['-9007199254740993.0', -9_007_199_254_740_993n],
    ] as const) {
      expect(taken(text)).toEqual(seats(number))
    }
    for (const text of ['0x10', '1,5', 'Infinity', '1e999', ' ', '1_000']) expect(taken(text)).toHaveProperty('problem')
  })

  it("may be a record of Heap's, with more beside", () => {
    const record = { identity: 'a', properties: { plan: 'pro' } }
    expect(map({}, record)).toEqual({ record })
    expect(map({}, { ...record, seats: 5 })).toEqual({
      record: { identity: 'a', properties: { seats: 5, plan: 'pro' } },
    })
    expect(map({ properties: { plan: 'Plan' } }, record)).toEqual({
      record: { identity: 'a', properties: { Plan: 'pro' } },
    })
    type Hostile = { record: { properties: object } }
    const { record: hostile } = map({}, { identity: 'a', ['__proto__']: 'x' }) as Hostile
    expect(Object.hasOwn(hostile.properties, '__proto__')).toBe(true)
    const columns = Object.fromEntries(['identity', '__proto__', 'constructor', 'toString'].map((name) => [name, 'x']))
    expect(Object.entries((map({ properties: { plan: 'Plan' } }, columns) as Hostile).record.properties)).toEqual(
      Object.entries(columns).slice(1),
    )
  })
})

it.each([
  [
    {},
    ['mail', 'plan'],
    'no column "identity": name the one that it is by --identity-column; the columns are mail, plan',
  ],
  [{ fields: { identity: 'email' } }, ['mail'], 'no column "email"; the columns are mail'],
  [{ properties: { seats: 'Seats' } }, ['identity'], 'no column "seats"'],
  [{ numbers: ['n'] }, ['identity'], 'no column "n"'],
])('tells of a header without what %j needs', (mapping, header, told) => {
  expect(() => new Mapper('users', mapping).checkHeader(header)).toThrow(told)
})

it('is content with either id of an event, and with an event that is given', () => {
  expect(() => new Mapper('events', {}).checkHeader(['event', 'user_id'])).not.toThrow()
  expect(() => new Mapper('events', { event: 'e' }).checkHeader(['identity'])).not.toThrow()
  expect(() => new Mapper('events', {}).checkHeader(['identity'])).toThrow('--event-column')
})

it.each([
  ['{', 'not valid JSON'],
  ['[]', 'a JSON object'],
  ['{"field":{}}', '"field" is unknown'],
  ['{"fields":{"identity":5}}', '"fields"'],
  ['{"properties":{"a":1}}', '"properties"'],
  ['{"numbers":"a"}', '"numbers"'],
  ['{"event":5}', '"event"'],
])('refuses the mapping %s', (text, told) => {
  expect(() => parseMapping(text, 'mapping.json')).toThrow(told)
})

it('refuses fields that such records do not have', () => {
  expect(() => new Mapper('users', { fields: { event: 'e' } })).toThrow('users have no event')
  expect(() => new Mapper('accounts', { event: 'e' })).toThrow('accounts have no event')
})
