/**
 * Stands in front of `fetch`, as a network would: tells of each request to the proxy, and lets none through while this browser
 * plays offline.
 * @module
 */

/** It is there while this browser plays offline: in all tabs, and over a reload. */
const ITEM = 'playground.offline'

/** A request to the proxy. */
export interface Sent {
  path: string
  records: number
}

export function isOffline(): boolean {
  return localStorage.getItem(ITEM) !== null
}

export function setOffline(offline: boolean): void {
  if (offline) localStorage.setItem(ITEM, '')
  else localStorage.removeItem(ITEM)
}

/** @param tell told of each answer, or that there is none */
export function watchRequests(proxy: string, tell: (sent: Sent, response?: Response) => void): void {
  const { fetch } = globalThis
  globalThis.fetch = async (input, init) => {
    // The client gives a string; what else there is goes to the sandbox.
    if (typeof input !== 'string' || !input.startsWith(`${proxy}/`)) return fetch(input, init)
    const sent = { path: input.slice(proxy.length), records: recordsIn(init?.body) }
    try {
      if (isOffline()) throw new TypeError('This browser plays offline.')
      const response = await fetch(input, init)
      tell(sent, response.clone())
      return response
    } catch (error) {
      tell(sent)
      throw error
    }
  }
}

/** A body with a list has the records of it, any other is one. */
function recordsIn(body: unknown): number {
  return Object.values(JSON.parse(String(body)) as object).find(Array.isArray)?.length ?? 1
}
