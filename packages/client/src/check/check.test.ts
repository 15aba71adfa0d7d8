import { describe, expect, it, vi } from 'vitest'
import { isHeapRequestError } from '../errors.ts'
import { createCheck } from './index.ts'

const check = createCheck()

/** The pointers of what is refused, or nothing. */
function refused(...args: Parameters<typeof check>): string[] {
  try {
    check(...args)
    return []
  } catch (error) {
    if (!isHeapRequestError(error)) throw error
    return error.problems.map(({ pointer }) => pointer)
  }
}

it('tells every problem at once, each with its place, and never the record', () => {
  const record = {
    event: '',
    identity: 'guest',
    user_id: 'secret',
    timestamp: 'yesterday',
    session_id: '',
    idempotency_key: 'x'.repeat(256),
    properties: { plan: { a: [{}] }, 'a/b': NaN, 'c~d': 1n },
  }
  expect(refused('/api/track', record)).toEqual([
    '/event',
    '/identity',
    '/user_id',
    '/properties/plan/a/0',
    '/properties/a~1b',
    '/properties/c~0d',
    '/timestamp',
    '/session_id',
    '/idempotency_key',
    '',
  ])
  expect(() => check('/api/track', record)).toThrow(/^Not sent to \/api\/track: \/event must be .{200,300}$/)
  expect(() => check('/api/track', record)).not.toThrow('secret')
})

it.each([null, 'text', [], 5])('refuses %j as a record', (record) => {
  expect(refused('/api/add_user_properties', record)).toContain('')
})

it('knows what each record needs', () => {
  expect(refused('/api/track', {})).toEqual(['/event', ''])
  expect(refused('/api/track', { event: 'e', user_id: 42 })).toEqual([])
  expect(refused('/api/v1/identify', {})).toEqual(['/user_id', '/identity'])
  expect(refused('/api/add_user_properties', {})).toEqual(['/identity'])
  expect(refused('/api/add_account_properties', { account_id: ' ' })).toEqual(['/account_id'])
})

it('takes an identity that merges people only when told so', () => {
  const record = { user_id: '1', identity: ' Anonymous ' }
  expect(refused('/api/v1/identify', record)).toEqual(['/identity'])
  expect(createCheck({ allowMergingIdentities: true })('/api/v1/identify', record)).toEqual({ record })
})

it('brings times into ISO 8601', () => {
  const time = (timestamp: unknown) =>
    (check('/api/track', { event: 'e', identity: 'a', timestamp }).record as { timestamp: unknown }).timestamp
  expect(time('2017-03-10T22:21:56+01:00')).toBe('2017-03-10T22:21:56+01:00')
  expect(time(new Date(0))).toBe('1970-01-01T00:00:00.000Z')
  expect(time(1489184516)).toBe('2017-03-10T22:21:56.000Z')
  expect(time(1489184516000)).toBe('2017-03-10T22:21:56.000Z')
  expect(refused('/api/track', { event: 'e', identity: 'a', timestamp: new Date(NaN) })).toEqual(['/timestamp'])
})

describe('properties', () => {
  const flat = (properties: unknown) => check('/api/add_user_properties', { identity: 'a', properties })
  const flattened = (properties: unknown) => (flat(properties).record as { properties: unknown }).properties

  it('become what Heap takes', () => {
    const properties = {
      text: 'x',
      paid: false,
      none: null,
      missing: undefined,
      ' ': 'blank',
      cart: { total: 7.5, items: ['a', 1, true, null], deep: { er: 'y' } },
      at: new Date(0),
      home: new URL('https://example.com/'),
    }
    expect(flattened(properties)).toEqual({
      text: 'x',
      paid: 'false',
      'cart.total': 7.5,
      'cart.items': ['a', 1, 'true'],
      'cart.deep.er': 'y',
      at: '1970-01-01T00:00:00.000Z',
      home: 'https://example.com/',
    })
  })

  it('are cut without splitting a character, with a warning', () => {
    const long = `${'x'.repeat(1022)}👍🏽!`
    expect(flattened({ long })).toEqual({ long: 'x'.repeat(1022) })
    expect(flat({ long }).warnings).toEqual([{ pointer: '/properties/long', detail: expect.stringContaining('cut') }])
    vi.stubGlobal('Intl', {})
    expect(flattened({ long: `${'x'.repeat(1023)}👍🏽` })).toEqual({ long: 'x'.repeat(1023) })
    vi.unstubAllGlobals()
  })

  it('may not be nested without end', () => {
    const loop: Record<string, unknown> = {}
    loop.again = loop
    expect(refused('/api/add_user_properties', { identity: 'a', properties: loop })).toEqual([
      `/properties${'/again'.repeat(8)}`,
    ])
  })

  it('keep away from the names that Heap reserves', () => {
    expect(refused('/api/add_user_properties', { identity: 'a', properties: { ID: 1, user_id: 2 } })).toEqual([
      '/properties/ID',
      '/properties/user_id',
    ])
    expect(refused('/api/track', { event: 'e', identity: 'a', properties: { ID: 1, user_id: 2 } })).toEqual([])
    expect(flat({ Email: 'a@b.c', email: 'a@b.c' }).warnings).toMatchObject([{ pointer: '/properties/Email' }])
    expect(flat({ ['k'.repeat(513)]: 1 }).warnings).toHaveLength(1)
    expect(refused('/api/track', { event: 'e', identity: 'a', properties: { ['k'.repeat(1025)]: 1 } })).toHaveLength(1)
  })

  it('are not misled by __proto__', () => {
    const properties = JSON.parse('{"__proto__":"x","a":{"__proto__":{"b":1}}}') as object
    expect(JSON.stringify(flattened(properties))).toBe('{"__proto__":"x","a.__proto__.b":1}')
    expect(({} as { b?: number }).b).toBeUndefined()
  })
})
