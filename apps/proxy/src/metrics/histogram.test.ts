import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addAll, addTo, bucketOf, type Counts, cumulative, quantile, upperBound } from './histogram.ts'

const LONGEST_MS = 131_072
const times = fc.array(fc.integer({ min: 0, max: LONGEST_MS }), { minLength: 1, maxLength: 300 })

function histogramOf(all: readonly number[]): Counts {
  const counts: Counts = []
  for (const ms of all) addTo(counts, bucketOf(ms), 1)
  return counts
}

it('gives quantiles that are in the bucket of the true ones', () => {
  fc.assert(
    fc.property(times, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const sorted = all.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(0, Math.ceil(share * all.length) - 1)] as number
      const found = quantile(histogramOf(all), share) as number
      expect(found).toBeLessThanOrEqual(Math.max(1, exact) * 1.2)
      expect(found).toBeGreaterThanOrEqual(exact <= 1 ? 0 : exact / 1.2)
    }),
  )
})

it('puts each time into the bucket that ends where it is or above it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: LONGEST_MS }), (ms) => {
      const bucket = bucketOf(ms)
      // A power of two is the end of its own bucket, whatever its logarithm is rounded to.
      expect(upperBound(bucket)).toBeGreaterThanOrEqual(ms * (1 - 1e-12))
      expect(upperBound(bucket - 1)).toBeLessThan(ms)
    }),
  )
  expect([0, 1, 1.01, 2, LONGEST_MS, 10 * LONGEST_MS].map(bucketOf)).toEqual([0, 0, 1, 4, 68, 69])
})

it('is the same whether times come together or are added up later', () => {
  fc.assert(
    fc.property(times, times, (some, others) => {
      const sum = histogramOf(some)
      addAll(sum, histogramOf(others))
      expect(sum).toEqual(histogramOf([...some, ...others]))
    }),
  )
})

it('counts for Prometheus what is at most so long', () => {
  fc.assert(
    fc.property(times, (all) => {
      for (const { le, times } of cumulative(histogramOf(all))) {
        expect(times).toBe(all.filter((ms) => ms <= le * 1000).length)
      }
    }),
  )
})

it('knows nothing of nobody, and no end of what is too long', () => {
  expect(quantile([], 0.5)).toBeNull()
  expect(quantile(histogramOf([1e9]), 0.99)).toBe(LONGEST_MS)
})
