/**
 * Calls of a Durable Object that must not fail for a moment's sake.
 * @module
 */

/** In ms. What an object throws while it is moved, deployed or overloaded passes within that time; the runtime does not ask again. */
const PAUSES_MS = [100, 500, 2000, 5000, 10_000, 20_000]

/**
 * Calls again where it fails, for some 40 s.
 *
 * @param call gets its stub anew each time, since one that has thrown may be broken; does nothing else the second time than the first
 * @param wait for so many ms
 * @throws what it threw last
 */
export async function patiently<Result>(
  call: () => PromiseLike<Result> | Result,
  wait: (ms: number) => Promise<unknown> = (ms) => scheduler.wait(ms),
): Promise<Result> {
  for (const ms of PAUSES_MS) {
    try {
      return await call()
    } catch {
      await wait(ms)
    }
  }
  return call()
}
