/**
 * Bodies that come from outside, as JSON.
 * @module
 */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * Reads JSON in UTF-8, and nothing else: to `Response.json()` all invalid bytes are the same character, so that different people
 * would be one.
 *
 * @throws where it is none
 */
export function parseJson(bytes: ArrayBuffer | Uint8Array): unknown {
  return JSON.parse(utf8.decode(bytes))
}
