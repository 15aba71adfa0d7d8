import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isReserved, mergeLead } from './lead.ts'

it('keeps what somebody answered, whatever Clearbit knows', () => {
  const answers = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), { noNullPrototype: true })
  fc.assert(
    fc.property(answers, fc.object(), fc.object(), (answer, person, company) => {
      const own = Object.fromEntries(
        Object.entries({ ...answer, email: 'andrew@clearbit.com' }).filter(([name]) => !isReserved(name)),
      )
      const lead = mergeLead({ ...answer, ...own }, { status: 'found', person, company })
      expect(lead?.identity).toBe('andrew@clearbit.com')
      expect(lead?.properties).toMatchObject(own)
      const others = Object.keys(lead?.properties ?? {}).filter((name) => !Object.hasOwn(own, name))
      expect(others.every((name) => /^(?:person|company)\./.test(name))).toBe(true)
    }),
  )
})

it('is the answer alone where Clearbit knows nothing', () => {
  for (const status of ['pending', 'unknown', 'invalid'] as const) {
    expect(mergeLead({ email: ' A@b.example ', age: 48 }, { status })).toEqual({
      identity: 'A@b.example',
      properties: { email: 'A@b.example', age: 48 },
    })
  }
})

it('leaves out what Heap refuses a user for, and keeps the user', () => {
  const answer = { email: 'a@b.example', id: 1, Id: 2, user_id: 'x', ID: '', userId: 3, USER_ID: 4, survey: { id: 5 } }
  expect(mergeLead(answer, { status: 'found', person: { id: 'p1' }, company: null })?.properties).toEqual({
    email: 'a@b.example',
    userId: 3,
    USER_ID: 4,
    'survey.id': 5,
    'person.id': 'p1',
  })
})

it('is nothing without an e-mail address, nor with what would make one user of all who answered so', () => {
  const texts = [
    '',
    ' ',
    '-',
    'guest',
    'undefined',
    'no address',
    '@',
    'a@',
    `${'a'.repeat(250)}@b.example`,
    '\ud800@b.example',
  ]
  for (const answer of [...texts.map((email) => ({ email })), {}, { email: 7 }, { email: null }, null, 'text']) {
    expect(mergeLead(answer, { status: 'unknown' })).toBeUndefined()
  }
})
