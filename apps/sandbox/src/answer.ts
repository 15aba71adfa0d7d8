/**
 * Between HTTP and the local Heap: bodies in, answers out.
 * @module
 */
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Env } from './env.ts'
import { HEAP } from './heap.ts'
import { json, type Outcome } from './reply.ts'

type SandboxContext = Context<{ Bindings: Env }>

/** Bytes of a body that are taken. Heap documents no limit (heap-api section 0.3). */
const BODY_BYTES = 5_000_000

/** Answers that have no body. */
const BODILESS = new Set([204, 205, 304])

/** The one object. */
export function heapOf(c: SandboxContext) {
  return c.env.HEAP.getByName(HEAP)
}

/** Refuses larger bodies with 413, while they are read. */
export const sizeLimit = bodyLimit({
  maxSize: BODY_BYTES,
  onError: async (c: SandboxContext) => {
    const reply = json(413, {}, `more than ${BODY_BYTES} bytes`)
    return answer(await heapOf(c).refuse(c.req.method, shownPath(c), reply))
  },
})

/** The text of a body. workerd's own `text()` warns of each type that is no text, such as that of a form. */
export async function textOf(c: SandboxContext): Promise<string> {
  return new TextDecoder().decode(await c.req.arrayBuffer())
}

/** The JSON of a body, of whatever type it says it is; nothing where it is none. */
export async function jsonOf(c: SandboxContext): Promise<{ value: unknown } | undefined> {
  try {
    return { value: JSON.parse(await textOf(c)) }
  } catch {
    return undefined
  }
}

/** Whether a page of another site is behind a request: it must not be able to change anything here. */
export function isFromOtherSite(c: SandboxContext): boolean {
  return c.req.header('Sec-Fetch-Site') === 'cross-site'
}

/** The path as it is noted. */
export function shownPath(c: SandboxContext): string {
  return c.req.path.slice(0, 200)
}

/**
 * Answers as decided. A connection is cut by a body that fails before its first byte: workerd then closes the connection
 * without having written the headers, so that `fetch` itself fails, not only the reading of a body.
 */
export async function answer({ reply, latencyMs, retryAfter }: Outcome): Promise<Response> {
  if (latencyMs > 0) await scheduler.wait(latencyMs)
  if (reply === 'cut') {
    return new Response(new ReadableStream({ start: (stream) => stream.error(new Error('cut by a fault, as asked')) }))
  }
  const headers = new Headers({ ...reply.headers, 'Content-Type': reply.type })
  if (retryAfter !== undefined) headers.set('Retry-After', retryAfter)
  return new Response(BODILESS.has(reply.status) ? null : reply.body, { status: reply.status, headers })
}
