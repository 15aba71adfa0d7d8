/**
 * `Heap-Hash`: how Heap signs a segment sync. heap-api 7.2; heap/heap-partner-api-reference.
 * @module
 */

/** Heap's own reference takes what is at most a minute old, and at most a second ahead. In ms. */
export const MOST_AGE_MS = 60_000
export const MOST_AHEAD_MS = 1000

/** Below it a time is in seconds: in ms it would be of 2001. */
const LEAST_MS = 1e12

/** Of the last character only four bits count. One way of writing a signature, so that it is known again. */
const HEADER = /^ts:(\d{1,16}),hmac:([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/

const encoder = new TextEncoder()

/**
 * Whether a header signs these bytes, at about this time. The bytes are taken as they came: read and written again, the same JSON
 * may be other bytes. Compared by WebCrypto, in constant time; nobody is told what would have been right.
 *
 * @param header `ts:<time>,hmac:<base64 of the HMAC-SHA-256 of time and body>`
 * @param now ms since 1970
 */
export async function isSignedByHeap(
  header: string | undefined,
  body: Uint8Array,
  secret: string,
  now: number,
): Promise<boolean> {
  const [, ts = '', hmac = ''] = HEADER.exec(header ?? '') ?? []
  const time = Number(ts) * (Number(ts) < LEAST_MS ? 1000 : 1)
  if (ts === '' || now - time > MOST_AGE_MS || time - now > MOST_AHEAD_MS) return false
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ])
  const signed = new Uint8Array(ts.length + body.length)
  signed.set(encoder.encode(ts))
  signed.set(body, ts.length)
  const signature = Uint8Array.from(atob(hmac), (character) => character.charCodeAt(0))
  return crypto.subtle.verify('HMAC', key, signature, signed)
}
