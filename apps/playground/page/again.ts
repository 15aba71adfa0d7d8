/**
 * What is looked at again and again.
 * @module
 */

/** Looks every so many ms while the page is seen, until there is nothing more to see. `look` tells that with true. */
export async function again(ms: number, look: () => Promise<unknown>): Promise<void> {
  while (document.visibilityState !== 'visible' || (await look()) !== true) {
    await new Promise((wake) => setTimeout(wake, ms))
  }
}
