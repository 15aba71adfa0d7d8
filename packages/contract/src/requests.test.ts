import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineRequests, recordsOf, requests, subjectKey } from './requests.ts'

const heap = defineRequests({ refuseMergingIdentities: false, nested: 'refuse', userPropertiesKey: false })
const app_id = '123456789'

/** The problems of a body as `pointer: detail`, so that a test reads like the answer. */
function problems(result: { ok: boolean; problems?: { pointer: string; detail: string }[] }) {
  return Object.fromEntries((result.problems ?? []).map(({ pointer, detail }) => [pointer, detail]))
}

describe('track', () => {
  it('tells every problem at once, each with its place', () => {
    const result = requests.track.validate({
      app_id: 'env/12',
      events: [
        { event: 'Fine', identity: 'alice@example.com' },
        { event: '', identity: 'guest' },
        { identity: 'a', user_id: '1' },
        {
          event: 'x'.repeat(1025),
          identity: {},
          properties: { plan: { a: [{}] }, 'a/b': [[]] },
          timestamp: 'yesterday',
        },
      ],
    })
    expect(Object.keys(problems(result)).sort()).toEqual([
      '/app_id',
      '/events/1/event',
      '/events/1/identity',
      '/events/2',
      '/events/2/event',
      '/events/3/event',
      '/events/3/identity',
      '/events/3/properties/a~1b/0',
      '/events/3/properties/plan/a/0',
      '/events/3/timestamp',
    ])
  })

  it('brings a record into the form that Heap takes', () => {
    const result = requests.track.validate({
      app_id: ' 123456789/ ',
      event: 'Purchase',
      identity: 310068,
      properties: { paid: true, none: null, cart: { total: 7.5, items: ['a', 1, false, null] }, '  ': 'x' },
      timestamp: 1489184516000,
      library: 'unknown fields are left out',
    })
    expect(result).toEqual({
      ok: true,
      value: {
        app_id: '123456789',
        event: 'Purchase',
        identity: '310068',
        properties: { paid: 'true', 'cart.total': 7.5, 'cart.items': ['a', 1, 'false'] },
        timestamp: '2017-03-10T22:21:56.000Z',
      },
    })
  })

  it('cuts long values without splitting a character', () => {
    const long = `${'x'.repeat(1022)}👍🏽!`
    const result = requests.track.validate({
      app_id,
      event: 'e',
      identity: 'a',
      properties: { long, exact: long.slice(0, 1024) },
    })
    const { long: cut } = (result as { value: { properties: Record<string, string> } }).value.properties
    expect(cut).toBe('x'.repeat(1022))
    expect(requests.track.warnings({ properties: { long } })).toEqual([
      { pointer: '/properties/long', detail: expect.stringContaining('cut') },
    ])
  })

  it.each([
    ['9007199254740991', true],
    ['9007199254740992', false],
    ['0', true],
    ['-1', false],
    ['1.5', false],
    [42, true],
    ['', false],
    [9007199254740992, false],
    ['1'.repeat(400), false],
  ])('user_id %s is allowed: %s', (user_id, ok) => {
    expect(requests.track.validate({ app_id, event: 'e', user_id }).ok).toBe(ok)
  })

  it.each([
    'undefined',
    'NULL',
    ' Guest ',
    '[object Object]',
    'n/a',
    'NaN',
    ' ',
    'null\u200b',
    '\u0000',
    '\u200b',
    'a\ud800',
  ])('refuses %j as an identity', (identity) => {
    expect(Object.keys(problems(requests.track.validate({ app_id, event: 'e', identity })))).toEqual(['/identity'])
  })

  it('lets Heap itself merge them, and refuse what is nested', () => {
    expect(heap.track.validate({ app_id, event: 'e', identity: 'guest' }).ok).toBe(true)
    expect(problems(heap.track.validate({ app_id, event: 'e', identity: 'a', properties: { a: { b: 1 } } }))).toEqual({
      '/properties/a': 'must be a string or a number, not an object',
    })
  })

  it.each([
    [{ app_id, events: [] }, '/events'],
    [{ app_id, events: {} }, '/events'],
    [{ app_id, events: Array(1001).fill({ event: 'e', identity: 'a' }) }, '/events'],
    [{ app_id, events: [null] }, '/events/0'],
    [{ event: 'e', identity: 'a' }, '/app_id'],
    [[], ''],
    [null, ''],
    ['text', ''],
  ])('refuses %j', (body, pointer) => {
    expect(Object.keys(problems(requests.track.validate(body)))).toContain(pointer)
  })

  it('is not misled by __proto__', () => {
    const body = JSON.parse(
      `{"app_id":"1","event":"e","identity":"a","properties":{"__proto__":"x","a":{"__proto__":{"b":1}}}}`,
    )
    const result = requests.track.validate(body)
    expect(result.ok && JSON.stringify(result.value)).toContain('"__proto__":"x"')
    expect(({} as { b?: number }).b).toBeUndefined()
  })

  it('never throws, and what it accepts it accepts again unchanged', () => {
    const value = fc.jsonValue({ maxDepth: 4 })
    const record = fc.record(
      {
        event: value,
        identity: fc.oneof(fc.string(), value),
        user_id: value,
        properties: fc.dictionary(fc.string(), value),
        timestamp: value,
      },
      { requiredKeys: [] },
    )
    const good = fc.record({
      event: fc.string({ minLength: 1 }),
      identity: fc.string({ minLength: 1 }),
      properties: fc.dictionary(fc.string(), value),
    })
    fc.assert(
      fc.property(fc.oneof(record, good), (fields) => {
        const first = requests.track.validate({ app_id, ...fields })
        if (!first.ok) return
        const wire = JSON.stringify(first.value)
        const again = requests.track.validate(JSON.parse(wire))
        expect(again.ok && JSON.stringify(again.value)).toBe(wire)
      }),
      { numRuns: 500 },
    )
  })
})

it('knows one spelling of a user_id', () => {
  const result = requests.track.validate({ app_id, event: 'e', user_id: '0077' })
  expect(result).toMatchObject({ value: { user_id: '77' } })
})

describe('add_user_properties', () => {
  it('takes user_properties for users, after them, and points back at where a record was sent', () => {
    const body = {
      app_id,
      users: [{ identity: 'a' }],
      user_properties: [{ identity: 'b' }, { identity: '', properties: { ID: 1 } }],
    }
    expect(Object.keys(problems(requests.addUserProperties.validate(body)))).toEqual([
      '/user_properties/1/identity',
      '/user_properties/1/properties/ID',
    ])
    body.user_properties.pop()
    const result = requests.addUserProperties.validate(body)
    expect(result).toEqual({ ok: true, value: { app_id, users: [{ identity: 'a' }, { identity: 'b' }] } })
    expect(heap.addUserProperties.validate({ app_id, user_properties: [{ identity: 'b' }] }).ok).toBe(false)
    expect(problems(requests.addUserProperties.validate({ app_id, user_properties: 'x' }))).toHaveProperty(
      '/user_properties',
    )
  })

  it('warns of Email beside email', () => {
    const body = { app_id, users: [{ identity: 'a', properties: { Email: 'a@b.c' } }] }
    expect(requests.addUserProperties.warnings(body)).toEqual([
      { pointer: '/users/0/properties/Email', detail: expect.stringContaining('lower case') },
    ])
  })

  it('knows identified users only', () => {
    expect(requests.addUserProperties.validate({ app_id, user_id: '1', properties: {} }).ok).toBe(false)
  })
})

describe('user_deletion', () => {
  it('takes identities and user_ids, one a user', () => {
    const result = requests.userDeletion.validate({ users: [{ user_id: 1 }, { identity: 'alice@email.com' }] })
    expect(result).toEqual({ ok: true, value: { users: [{ user_id: '1' }, { identity: 'alice@email.com' }] } })
    expect(
      Object.keys(problems(requests.userDeletion.validate({ users: [{}, { identity: 'a', user_id: '1' }] }))),
    ).toEqual(['/users/0', '/users/1'])
    expect(requests.userDeletion.validate({}).ok).toBe(false)
  })
})

it('names the records of either form, and what Heap counts them under', () => {
  expect(recordsOf({ app_id, account_id: '1' }).map(subjectKey)).toEqual([undefined])
  const events = [
    { event: 'e', identity: '1' },
    { event: 'e', user_id: '1' },
  ]
  expect(recordsOf({ app_id, events }).map(subjectKey)).toEqual(['identity:1', 'user_id:1'])
})
