/**
 * Secrets are not for pages.
 * @module
 */

/** @throws Error in a page, where what it names would be everybody's */
export function notForPages(secret: string): void {
  if ((globalThis as { document?: unknown }).document === undefined) return
  throw new Error(`heap-edge/admin is not for pages: whoever opens the page would have ${secret}`)
}
