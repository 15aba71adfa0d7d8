/**
 * Requests per second of one route, and the table that sets several beside each other.
 * @module
 */
import autocannon from 'autocannon'

export const JSON_BODY = { 'Content-Type': 'application/json' }

export interface Variant {
  name: string
  url: string
  /** The variant that it is compared with, and the ratio that is wanted. */
  target?: readonly [baseline: string, least: number]
}

/**
 * Requests per second.
 *
 * @param body makes the body of each request
 * @throws where an answer is not 2xx: a number with refusals in it would be none
 */
export async function measure({
  url,
  body,
  seconds,
  connections,
}: {
  url: string
  body: () => string
  seconds: number
  connections: number
}): Promise<number> {
  const result = await autocannon({
    url,
    duration: seconds,
    connections,
    requests: [
      {
        method: 'POST',
        headers: JSON_BODY,
        setupRequest: (request) => ({ ...request, body: body() }),
      },
    ],
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} answers that were not 2xx and ${result.errors} errors`)
  }
  return result['2xx'] / result.duration
}

export function median(numbers: number[] = []): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

/** Prints the medians, as ratios to the first variant, and whether each target is met. */
export function printRatios(variants: readonly Variant[], perSecond: ReadonlyMap<string, number[]>): void {
  const bare = median(perSecond.get(variants[0]?.name ?? ''))
  const rows = variants.map(({ name, target }) => {
    const all = perSecond.get(name) ?? []
    const rate = median(all)
    const ratio = target && rate / median(perSecond.get(target[0]))
    return [
      name,
      {
        'requests/s': Math.round(rate),
        'lowest … highest': `${Math.round(Math.min(...all))} … ${Math.round(Math.max(...all))}`,
        'ratio to the first': (rate / bare).toFixed(2),
        target:
          target && ratio !== undefined
            ? `${ratio.toFixed(2)} of ${target[0]}, wanted ${target[1]}: ${ratio >= target[1] ? 'met' : 'MISSED'}`
            : '',
      },
    ] as const
  })
  console.table(Object.fromEntries(rows))
}
