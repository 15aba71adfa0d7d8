/**
 * What goes wrong between the page and the proxy, in words.
 * @module
 */

/** The proxy answered, and did not do what was asked. */
export class Answered extends Error {}

/** For people: what a browser says where nobody answers, such as "Failed to fetch", is for developers. */
export function reasonOf(error: unknown): string {
  return error instanceof TypeError ? 'The proxy does not answer.' : (error as Error).message
}
