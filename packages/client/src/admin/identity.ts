/**
 * Tokens by which a user of a site proves to a heap-edge proxy who they are: JWTs by HS256, made with WebCrypto alone.
 * @module
 */
import { identity as identityField } from '../check/fields.ts'
import { notForPages } from './page.ts'

/** Of `signIdentity`. */
export interface SignIdentityOptions {
  /** Seconds for which the token holds. Default 3600. */
  expiresIn?: number | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: (() => number) | undefined
}

const shortestSecret = 16

/**
 * Signs a token for one identity, which a page sends as `Authorization: Bearer …` to a heap-edge proxy with the same
 * `IDENTITY_SECRET`. Give it only to whoever has signed in as that identity: who has it writes to Heap as them.
 *
 * @param identity as the records have it: 1 to 255 characters, or an integer, and none that merges people, such as `guest`
 * @param secret the proxy's `IDENTITY_SECRET`, of at least 16 characters
 * @throws TypeError that says which argument is wrong, without showing it
 * @throws Error in a page, where the secret would be everybody's
 * @example
 * ```ts
 * const token = await signIdentity('alice@example.com', process.env.IDENTITY_SECRET ?? '', { expiresIn: 600 })
 * ```
 */
export async function signIdentity(
  identity: string | number,
  secret: string,
  { expiresIn = 3600, now = Date.now }: SignIdentityOptions = {},
): Promise<string> {
  notForPages('the secret')
  const sub = identityField(identity, {
    allowMergingIdentities: false,
    refuse(detail) {
      throw new TypeError(`identity ${detail}`)
    },
    warn() {},
  })
  if (typeof secret !== 'string' || secret.length < shortestSecret) {
    throw new TypeError(`secret must be a string of at least ${shortestSecret} characters`)
  }
  if (!Number.isFinite(expiresIn) || expiresIn <= 0) throw new TypeError('expiresIn must be seconds, more than 0')

  const exp = Math.floor(now() / 1000 + expiresIn)
  const signed = `${encodeJson({ alg: 'HS256', typ: 'JWT' })}.${encodeJson({ sub, exp })}`
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8(secret), hmac, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, utf8(signed))
  return `${signed}.${base64url(new Uint8Array(signature))}`
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const encodeJson = (value: object) => base64url(utf8(JSON.stringify(value)))

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
