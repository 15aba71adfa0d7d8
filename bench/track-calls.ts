/**
 * What runs in the page that `track()` is measured in. Each function is sent there as text, so that it knows nothing but its
 * argument and what `setUp` has left.
 * @module
 */

/** What is called: `queueMicrotask(() => {})`, or `track` with so many properties. */
export type Subject = 'bare' | 2 | 20

export const subjects: Subject[] = ['bare', 2, 20]

/** As much of the page as is needed. */
interface InPage {
  crossOriginIsolated: boolean
  heapEdge: {
    load(appId: string, options: { endpoint: string }): void
    track(event: string, properties?: object): Promise<unknown>
    stopTracking(): void
    startTracking(): void
    flush(): Promise<Record<'waiting' | 'rejected' | 'dropped', number>>
  }
  call: (this: void, subject: Subject, n: number) => unknown
}

/** Starts the client, and lets it find out what its proxy says. */
export async function setUp(endpoint: string): Promise<void> {
  const page = globalThis as unknown as InPage
  if (!page.crossOriginIsolated) throw new Error('The page is not isolated; its clock is too coarse')
  const others = (count: number) =>
    Object.fromEntries(Array.from({ length: count - 1 }, (_, index) => [`property ${index}`, `value ${index}`]))
  const properties = { 2: others(2), 20: others(20) }
  page.call = (subject, n) => {
    if (subject === 'bare') queueMicrotask(() => {})
    else return page.heapEdge.track('Viewed', { ...properties[subject], n })
  }
  page.heapEdge.load('123456789', { endpoint })
  await page.heapEdge.track('First')
  await page.heapEdge.flush()
}

/** Microseconds of a call, of each batch of calls in a row. What a batch leaves to be done is done before the next one. */
export async function timeBatches(input: { subject: Subject; calls: number; batches: number }): Promise<number[]> {
  const { subject, calls, batches } = input
  const { call, heapEdge } = globalThis as unknown as InPage
  const times: number[] = []
  for (let batch = 0; batch < batches; batch++) {
    const start = performance.now()
    for (let n = 0; n < calls; n++) void call(subject, n)
    times.push(((performance.now() - start) / calls) * 1000)
    await heapEdge.flush()
  }
  return times
}

/**
 * Makes calls, and waits until their records are stored. Gives the microseconds of each call.
 *
 * @param input.every one call in so many ms; with 0 all in one task
 */
export async function callAll(input: { subject: Subject; calls: number; every: number }): Promise<number[]> {
  const { subject, calls, every } = input
  const { call } = globalThis as unknown as InPage
  const times: number[] = []
  const stored: unknown[] = []
  function callOnce(): void {
    const start = performance.now()
    stored.push(call(subject, times.length))
    times.push((performance.now() - start) * 1000)
  }
  if (every === 0) while (times.length < calls) callOnce()
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (times.length < calls) return callOnce()
      clearInterval(timer)
      resolve()
    }, every)
  })
  await Promise.all(stored)
  return times
}

/** Sends what waits, and tells how many still wait or are lost. */
export async function sendAll(): Promise<number> {
  const { waiting, rejected, dropped } = await (globalThis as unknown as InPage).heapEdge.flush()
  return waiting + rejected + dropped
}

/** Empties the queue, so that each measurement begins with the same. */
export async function forget(): Promise<void> {
  const { heapEdge } = globalThis as unknown as InPage
  heapEdge.stopTracking()
  heapEdge.startTracking()
  await heapEdge.flush()
}
