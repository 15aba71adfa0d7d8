import fc from 'fast-check'
import { createCheck } from 'heap-edge/check'
import { expect, it } from 'vitest'
import { createReady } from './ready.ts'

const check = createCheck()
const ready = createReady('users') as NonNullable<ReturnType<typeof createReady>>

const strange = fc.constantFrom(
  'guest',
  'null',
  'id',
  'ID',
  'user_id',
  'Email',
  'email',
  ' ',
  '',
  '__proto__',
  'a b',
  '\u00e9',
  '1',
  'x@y',
  ' 1',
  '1 ',
)
const text = fc.oneof(
  { weight: 2, arbitrary: strange },
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.constantFrom('x@'.repeat(600), 'x'.repeat(513)),
)
const value = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(strange),
  fc.dictionary(strange, strange),
)
const record = fc.record({ identity: text, properties: fc.dictionary(text, value, { maxKeys: 4 }) })

it('takes nothing that the check would refuse or change', () => {
  fc.assert(
    fc.property(record, fc.constantFrom(',', ', '), (record, comma) => {
      const text = JSON.stringify(record).replaceAll(',"', `${comma}"`)
      const owner = ready(text)
      fc.pre(owner !== undefined)
      expect(check('/api/add_user_properties', JSON.parse(text))).toEqual({ record: JSON.parse(text) as object })
      expect(owner).toBe((JSON.parse(text) as { identity: string }).identity)
    }),
    { numRuns: 400, maxSkipsPerRun: 1000 },
  )
})

it.each([
  ['{"identity":"user-1@example.com","properties":{"plan":"pro","seats":5,"share":-0.25}}', 'user-1@example.com'],
  ['{"identity": "310068", "properties": {"city": "Köln"}}', '310068'],
  ['{"identity":"a@b.c","properties":{}}', 'a@b.c'],
  ['{"identity":"guest","properties":{}}', undefined],
  ['{"Identity":"a@b.c","properties":{}}', undefined],
  ['{"identity":"a@b.c","properties":{"Id":"x"}}', undefined],
  ['{"identity":"a@b.c","properties":{"n":1e999}}', undefined],
  ['{"identity":"a@b.c","properties":{"n":true}}', undefined],
  ['{"identity":"a@b.c","properties":{},"more":1}', undefined],
  ['{"identity":"a@b.c"}', undefined],
  [`{"identity":"${'1'.repeat(256)}","properties":{}}`, undefined],
  [`{"identity":"a@b.c","properties":{"n":"${'1'.repeat(1025)}"}}`, undefined],
])('looks at %s', (text, owner) => {
  expect(ready(text)).toBe(owner)
})

it('is quick where a text nearly is one', () => {
  const nearly = `{"identity":"a@b.c","properties":{${Array.from({ length: 20_000 }, (_, n) => `"p${n}":"x"`).join(',')},}}`
  const start = performance.now()
  expect(ready(nearly)).toBeUndefined()
  expect(performance.now() - start).toBeLessThan(1000)
})
