import { expect, it } from 'vitest'
import { asStored } from './properties.ts'

it('keeps properties as Heap does', () => {
  expect(
    asStored({ plan: 'pro', seats: 0, blank: ' ', empty: '', tags: ['vanilla', 'chocolate', 1], none: [] }),
  ).toEqual({ plan: 'pro', seats: 0, tags: 'vanilla||chocolate||1' })
  expect(asStored()).toEqual({})
})

it('cuts a joined list at 1024 characters', () => {
  expect(asStored({ list: ['a'.repeat(1000), 'b'.repeat(100)] }).list).toBe(`${'a'.repeat(1000)}||${'b'.repeat(22)}`)
})

it('takes "__proto__" for a name', () => {
  const stored = asStored(JSON.parse('{"__proto__":"x"}') as Record<string, string>)
  expect(Object.entries(stored)).toEqual([['__proto__', 'x']])
})
