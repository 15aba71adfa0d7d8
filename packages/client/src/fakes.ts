/**
 * What tests give in place of the world: a server that is a function, a clock that moves only while the client sleeps.
 * @module
 */
import type { Fetch } from './options.ts'

/** A request as the server saw it. */
export interface Seen {
  method: string
  url: string
  headers: Headers
  signal: AbortSignal
  body: Record<string, unknown>
  /** The text of the body, to compare attempts byte by byte. */
  text: string
  at: number
}

/** Answers a request, by its number from 0; a thrown error is a network error. */
export type Server = (request: Seen, index: number) => Response | Promise<Response>

/** A JSON answer. */
export const json = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers })

/** An answer for which `fetch` waits until the signal is aborted. */
export const never = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })

/** Options for `createHeap`, what the server has seen, and for how long the client slept. */
export function fakeWorld(server: Server = () => json(200)) {
  const seen: Seen[] = []
  const slept: number[] = []
  let time = Date.parse('2026-01-01T00:00:00Z')
  let keys = 0
  const fetch: Fetch = async (url, init) => {
    const text = (init.body as string | null) ?? ''
    const request: Seen = {
      method: init.method as string,
      url,
      headers: new Headers(init.headers),
      signal: init.signal as AbortSignal,
      text,
      body: JSON.parse(text || '{}') as Record<string, unknown>,
      at: time,
    }
    return server(request, seen.push(request) - 1)
  }
  return {
    seen,
    slept,
    options: {
      fetch,
      now: () => time,
      random: () => 0.5,
      sleep: async (ms: number) => {
        slept.push(ms)
        time += ms
      },
      uuid: () => `key-${keys++}`,
    },
  }
}
