/**
 * Reads the credentials of a request, and compares secrets.
 * @module
 */

/** The text after `Basic `, decoded; empty where there is none. */
export function basicCredentials(header = ''): string {
  const encoded = /^Basic +([\w+/=-]{1,1000})$/i.exec(header)?.[1]
  try {
    return encoded === undefined ? '' : atob(encoded)
  } catch {
    return ''
  }
}

/** The token after `Bearer `; empty where there is none. */
export function bearer(header = ''): string {
  return /^Bearer +(\S{1,200})$/i.exec(header)?.[1] ?? ''
}

/** Compares secrets in a time that tells nothing about them: hashes of one length, byte by byte to the end. */
export async function isSame(given: string, wanted: string): Promise<boolean> {
  const digest = (value: string) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(value))
  return crypto.subtle.timingSafeEqual(await digest(given), await digest(wanted))
}
