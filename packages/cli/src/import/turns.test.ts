import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ownersOf } from './owners.ts'
import { Turns } from './turns.ts'

it('keeps the order of each owner and the number at once, and comes to an end', async () => {
  const chunk = fc.record({
    owners: fc.uniqueArray(fc.nat({ max: 8 }), { minLength: 1, maxLength: 3 }),
    ticks: fc.nat({ max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (chunks, most) => {
      const turns = new Turns(most)
      let active = 0
      const ended: number[] = []
      await Promise.all(
        chunks.map(async ({ owners, ticks }, index) => {
          const chunk = { owners: ownersOf(owners.map(String)) }
          await turns.take(chunk)
          expect(++active).toBeLessThanOrEqual(most)
          for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
          for (const [before, { owners: others }] of chunks.slice(0, index).entries()) {
            if (others.some((owner) => owners.includes(owner))) expect(ended).toContain(before)
          }
          active--
          ended.push(index)
          turns.end(chunk)
        }),
      )
      expect(ended).toHaveLength(chunks.length)
    }),
  )
})
