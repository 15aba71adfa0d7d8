/**
 * Times in a histogram of a fixed logarithmic scale: small, cheap to add to, and exact to a fifth of a value. Pure.
 * @module
 */

/** How often a time fell into each bucket, up to the last one that is not empty. */
export type Counts = number[]

/** Buckets for each doubling of the time. */
const PER_DOUBLING = 4

/** 131 s; all that is longer is in the one behind it. */
const LAST = 17 * PER_DOUBLING

/** The longest time of a bucket, in ms. */
export function upperBound(bucket: number): number {
  return bucket > LAST ? Infinity : 2 ** (bucket / PER_DOUBLING)
}

/** The bucket of a time in ms. */
export function bucketOf(ms: number): number {
  if (ms <= 1) return 0
  return Math.min(LAST + 1, Math.ceil(Math.log2(ms) * PER_DOUBLING))
}

/** Adds `times` to a bucket. */
export function addTo(counts: Counts, bucket: number, times: number): void {
  while (counts.length <= bucket) counts.push(0)
  counts[bucket] = (counts[bucket] as number) + times
}

/** Adds all that is in another one. */
export function addAll(counts: Counts, others: Counts): void {
  for (const [bucket, times] of others.entries()) if (times > 0) addTo(counts, bucket, times)
}

/**
 * The time that a share of all times does not exceed, in ms, at most a fifth too high or too low; null where there are none.
 *
 * @param share from 0 to 1
 * @example
 * ```ts
 * quantile([0, 0, 0, 0, 10], 0.5) // 1.84…, between 1.68 and 2
 * ```
 */
export function quantile(counts: Counts, share: number): number | null {
  const total = counts.reduce((sum, times) => sum + times, 0)
  if (total === 0) return null
  let rank = Math.max(share * total, 1)
  for (const [bucket, times] of counts.entries()) {
    if (times >= rank) {
      const from = bucket === 0 ? 0 : upperBound(bucket - 1)
      const to = bucket > LAST ? from : upperBound(bucket)
      return from + (to - from) * (rank / times)
    }
    rank -= times
  }
  return upperBound(counts.length - 1)
}

/** How many times were at most so long, for each doubling from 1 ms on: what Prometheus calls `le`, in s. */
export function cumulative(counts: Counts): { le: number; times: number }[] {
  const all: { le: number; times: number }[] = []
  let times = 0
  for (let bucket = 0; bucket <= LAST; bucket++) {
    times += counts[bucket] ?? 0
    if (bucket % PER_DOUBLING === 0) all.push({ le: upperBound(bucket) / 1000, times })
  }
  return all
}
