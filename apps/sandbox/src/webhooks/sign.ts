/**
 * Signs a webhook as Heap does (heap-api section 7.2).
 * @module
 */
const utf8 = new TextEncoder()

/** `Heap-Hash`: the time in ms, and the HMAC-SHA256 in Base64 of that time and the body, with nothing in between. */
export async function heapHash(secret: string, ts: number, body: Uint8Array): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8.encode(secret), algorithm, false, ['sign'])
  const time = utf8.encode(String(ts))
  const signed = new Uint8Array(time.length + body.length)
  signed.set(time)
  signed.set(body, time.length)
  const hmac = new Uint8Array(await crypto.subtle.sign('HMAC', key, signed))
  return `ts:${ts},hmac:${btoa(String.fromCharCode(...hmac))}`
}
