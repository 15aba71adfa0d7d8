import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HeapRequestError, HeapUnavailableError } from './errors.ts'
import { refusalOf } from './refusal.ts'

const refused = (...pointers: string[]) =>
  ({
    outcome: 'rejected',
    error: new HeapRequestError('no', {
      status: 400,
      problems: pointers.map((pointer) => ({ pointer, detail: 'is bad' })),
    }),
  }) as const

it('gives each item its problems, from the item', () => {
  const ending = refused('/events/1/properties/plan', '/events/10', '/events/1', '/app_id')
  expect(refusalOf('/events/1', ending)).toMatchObject({
    name: 'HeapRequestError',
    status: 400,
    problems: [
      { pointer: '/properties/plan', detail: 'is bad' },
      { pointer: '', detail: 'is bad' },
    ],
  })
  expect(refusalOf('/events/10', ending)?.problems).toEqual([{ pointer: '', detail: 'is bad' }])
  expect(refusalOf('/events/0', ending)).toBeUndefined()
  expect(refusalOf('/users/1', ending)).toBeUndefined()
})

it('blames nobody for an answer that is no refusal', () => {
  const problems = [{ pointer: '/events/0', detail: 'is bad' }]
  expect(refusalOf('/events/0', { outcome: 'failed', error: new HeapUnavailableError('no', { problems }) })).toBe(
    undefined,
  )
  expect(refusalOf('/events/0', { outcome: 'delivered' })).toBe(undefined)
})

it('finds every item that is named, and no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(2000)), fc.nat(2000), (named, item) => {
      const ending = refused(...named.map((place) => `/events/${place}/event`))
      expect(refusalOf(`/events/${item}`, ending) !== undefined).toBe(named.includes(item))
    }),
  )
})
