/**
 * Access tokens of a service account. developers.google.com/identity/protocols/oauth2/service-account, "HTTP/REST"
 * @module
 */
import { importPKCS8, SignJWT } from 'jose'
import { ActionError, OptionError } from '../errors.ts'
import { failure, jsonOf } from '../failure.ts'
import type { CallOptions } from '../options.ts'
import { ask } from '../request.ts'
import type { Account } from './account.ts'

const SCOPE = 'https://www.googleapis.com/auth/spreadsheets'
/** The longest that Google takes an assertion for, in seconds. */
const ASSERTION_SECONDS = 3600
/** A token is not used in its last minute, for the way and for clocks that differ. */
const MARGIN_MS = 60_000
const MOST_TOKENS = 100

/** A token, and whether it was there before. */
export interface Token {
  text: string
  cached: boolean
}

/**
 * The tokens of the isolate. Only tokens, never promises of one: on Workers a promise of another request may never settle.
 */
const tokens = new Map<string, { text: string; until: number }>()

/** The private key is in it, so that a new key does not go on with the old one's token. */
const nameOf = ({ tokenUrl, email, key }: Account) => `${tokenUrl} ${email} ${key}`

/**
 * A token that holds for a minute at least.
 *
 * @throws ActionError that may not be retried where Google refuses the account: `invalid_grant` is a wrong key, an account that is
 *   gone, or a clock that is wrong
 * @throws OptionError where the private key cannot be read
 */
export async function accessToken(action: string, account: Account, options: CallOptions): Promise<Token> {
  const { now = Date.now } = options
  const known = tokens.get(nameOf(account))
  if (known && now() < known.until) return { text: known.text, cached: true }

  const assertion = await sign(action, account, Math.floor(now() / 1000))
  const asked = {
    action,
    of: "Google's token endpoint",
    url: account.tokenUrl,
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: String(new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })),
    secrets: [assertion],
  } as const
  const answer = await ask(asked, options)
  if (!answer.ok) throw failure(asked, answer, options)
  const { access_token, expires_in } = jsonOf(asked, answer)
  // fetch refuses other characters in a header, and shows them in its error.
  if (typeof access_token !== 'string' || !/^[!-~]+$/.test(access_token) || !((expires_in as number) > 0)) {
    const { status } = answer
    throw new ActionError(action, `${asked.of} answered ${status} without a token`, { status, retryable: true })
  }
  const [oldest] = tokens.keys()
  if (oldest !== undefined && tokens.size >= MOST_TOKENS) tokens.delete(oldest)
  tokens.set(nameOf(account), { text: access_token, until: now() + Number(expires_in) * 1000 - MARGIN_MS })
  return { text: access_token, cached: false }
}

/** Forgets a token that was answered 401, but not another one that came since. */
export function forget(account: Account, { text }: Token): void {
  if (tokens.get(nameOf(account))?.text === text) tokens.delete(nameOf(account))
}

async function sign(action: string, { email, key, keyId, tokenUrl }: Account, now: number): Promise<string> {
  try {
    return await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) })
      .setIssuer(email)
      .setAudience(tokenUrl)
      .setIssuedAt(now)
      .setExpirationTime(now + ASSERTION_SECONDS)
      .sign(await importPKCS8(key, 'RS256'))
  } catch {
    throw new OptionError(action, 'serviceAccount.private_key', 'must be an RSA key, whole')
  }
}
