import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countPages, pagesOf } from './pages.ts'

const ids = fc.array(fc.string(), { maxLength: 40 })

it('hold everybody once, in order, and nobody has an empty page or list', () => {
  fc.assert(
    fc.property(ids, ids, fc.integer({ min: 1, max: 50 }), fc.boolean(), (add, remove, wanted, bySize) => {
      const users = add.length + remove.length
      const size = bySize ? wanted : undefined
      const count = bySize ? countPages(users, { page_size: wanted }) : Math.min(wanted, Math.max(1, users))
      const pages = pagesOf({ add, remove }, count, size)
      expect(pages).toHaveLength(count)
      expect(pages.flatMap((page) => page.add ?? [])).toEqual(add)
      expect(pages.flatMap((page) => page.remove ?? [])).toEqual(remove)
      const lengths = pages.map((page) => (page.add?.length ?? 0) + (page.remove?.length ?? 0))
      if (count > 1) {
        for (const page of pages) expect(Object.values(page).every((list) => list.length > 0)).toBe(true)
        expect(Math.min(...lengths)).toBeGreaterThan(0)
        if (bySize) expect(lengths.slice(0, -1).every((length) => length === wanted)).toBe(true)
        else expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
      }
    }),
  )
})

it('are the lists as they were given, where there is one', () => {
  expect(pagesOf({ add: ['a'], remove: [] }, 1)).toEqual([{ add: ['a'], remove: [] }])
  expect(pagesOf({ remove: ['a'] }, 1, 10)).toEqual([{ remove: ['a'] }])
})
