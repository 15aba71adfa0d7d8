import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergeLead } from './lead.ts'

it('keeps what somebody answered, whatever Clearbit knows', () => {
  const answers = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), { noNullPrototype: true })
  fc.assert(
    fc.property(answers, fc.object(), fc.object(), (answer, person, company) => {
      const own = { ...answer, email: 'andrew@clearbit.com' }
      const lead = mergeLead(own, { status: 'found', person, company })
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

it('is nothing without an e-mail address', () => {
  for (const answer of [{}, { email: '' }, { email: ' ' }, { email: 7 }, null, 'text']) {
    expect(mergeLead(answer, { status: 'unknown' })).toBeUndefined()
  }
})
