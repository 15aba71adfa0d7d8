import { expect, it } from 'vitest'
import { patiently } from './patiently.ts'

function failing(times: number) {
  const waits: number[] = []
  let calls = 0
  const result = patiently(
    async () => {
      if (calls++ < times) throw new Error(`overloaded ${calls}`)
      return calls
    },
    async (ms) => void waits.push(ms),
  )
  return { result, waits }
}

it.each([0, 1, 6])('asks again after %i failures', async (times) => {
  const { result, waits } = failing(times)
  expect(await result).toBe(times + 1)
  expect(waits).toHaveLength(times)
})

it('gives up in the end, with what was said last', async () => {
  const { result, waits } = failing(100)
  await expect(result).rejects.toThrow('overloaded 7')
  expect(waits.reduce((sum, ms) => sum + ms)).toBeLessThan(60_000)
})
