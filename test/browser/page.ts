/**
 * What tests call in a page of the site.
 * @module
 */
import type { Page } from 'playwright'

/** As much of `heapEdge` as tests use; the types of the client itself are those of a page. */
interface HeapEdge {
  load: (appId?: string, options?: object) => void
  track: (event: string, properties?: object) => Promise<{ outcome: string }>
  identify: (identity: string) => Promise<{ outcome: string }>
  resetIdentity: () => void
  addUserProperties: (properties: object) => Promise<{ outcome: string }>
  addEventProperties: (properties: object) => void
  getUserId: () => string | null
  getIdentity: () => string | null
  getSessionId: () => string | null
  startTracking: () => void
  stopTracking: () => void
  flush: () => Promise<{ sent: number; rejected: number; dropped: number; waiting: number }>
}

/** What `onError` was told in a page. */
export interface Told {
  message: string
  status?: number
  problems: { pointer: string; detail: string }[]
  record?: { properties: { n: number } }
}

declare global {
  var heapEdge: HeapEdge
  var told: Told[]
}

/** Tracks an event of each number, and waits until they are stored. */
export const track = (page: Page, ...ns: number[]) =>
  page.evaluate((ns) => Promise.all(ns.map((n) => heapEdge.track('E', { n }))), ns)

export const flush = (page: Page) => page.evaluate(() => heapEdge.flush())

/** What the origin keeps of the client. */
export const kept = (page: Page) =>
  page.evaluate(async () => ({
    items: Object.keys(globalThis.localStorage as object),
    databases: (
      await (globalThis as unknown as { indexedDB: { databases(): Promise<{ name: string }[]> } }).indexedDB.databases()
    ).map(({ name }) => name),
  }))
