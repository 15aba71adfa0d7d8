/**
 * Bodies that come from outside, as JSON.
 * @module
 */
import { createHash } from 'node:crypto'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * Reads JSON in UTF-8, and nothing else: to `Response.json()` all invalid bytes are the same character, so that different people
 * would be one.
 *
 * @param parse makes a value of the text
 * @throws where it is none
 */
export function parseJson(bytes: ArrayBuffer | Uint8Array, parse: (text: string) => unknown = JSON.parse): unknown {
  return parse(utf8.decode(bytes))
}

/** The same for the same content, in whatever order its fields come. */
export function contentKey(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('base64url')
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
