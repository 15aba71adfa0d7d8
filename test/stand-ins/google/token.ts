/**
 * Google's token endpoint for service accounts. developers.google.com/identity/protocols/oauth2/service-account
 * @module
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto'
import { type Reply, type Seen, stop } from '../server.ts'

/** A service account, as its key file has it. */
export interface KeyFile {
  type: 'service_account'
  client_email: string
  private_key: string
  private_key_id: string
  token_uri: string
}

/** Whose a token is. */
export interface Holder {
  email: string
  scopes: Set<string>
  /** Milliseconds since 1970. */
  until: number
}

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const LONGEST_SECONDS = 3600
/** How far Google lets clocks differ. */
const SKEW_SECONDS = 300

// In Google's words.
const BAD_TIME =
  'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.'

const problem = (error: string, error_description: string): Reply => ({
  status: 400,
  body: { error, error_description },
})

/** The accounts and tokens of one Google. */
export class Tokens {
  /** Seconds for which a token holds. */
  lifetime = 3599
  readonly #keys = new Map<string, { id: string; key: KeyObject }>()
  readonly #holders = new Map<string, Holder>()

  /** Makes an account and its key file. */
  createAccount(client_email: string, tokenUri: string): KeyFile {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const private_key_id = randomBytes(20).toString('hex')
    this.#keys.set(client_email, { id: private_key_id, key: createPublicKey(privateKey) })
    return {
      type: 'service_account',
      client_email,
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      private_key_id,
      token_uri: tokenUri,
    }
  }

  /** Whose a token is, while it holds. */
  holder(token: string, at: number): Holder | undefined {
    const holder = this.#holders.get(token)
    return holder && at < holder.until ? holder : undefined
  }

  /** Ends all tokens. */
  revokeAll(): void {
    this.#holders.clear()
  }

  /** Answers a request for a token. */
  issue({ method, headers, text, at }: Seen, audience: string): Reply {
    const form = new URLSearchParams(text)
    const typed = /^application\/x-www-form-urlencoded\b/.test(headers.get('content-type') ?? '')
    if (method !== 'POST' || !typed) stop(problem('invalid_request', 'Bad Request'))
    if (form.get('grant_type') !== GRANT) stop(problem('unsupported_grant_type', 'Invalid grant_type'))
    const { email, scopes } = this.#verified(form.get('assertion') ?? '', audience, at / 1000)
    const token = `ya29.${randomBytes(24).toString('base64url')}`
    this.#holders.set(token, { email, scopes, until: at + this.lifetime * 1000 })
    return { status: 200, body: { access_token: token, expires_in: this.lifetime, token_type: 'Bearer' } }
  }

  #verified(assertion: string, audience: string, now: number): { email: string; scopes: Set<string> } {
    const [header = '', claims = '', signature = '', ...rest] = assertion.split('.')
    const { alg, kid } = parsed(header)
    const { iss, scope, aud, iat, exp } = parsed(claims)
    if (alg !== 'RS256' || rest.length > 0) stop(problem('invalid_request', 'Bad Request'))
    const account = this.#keys.get(String(iss))
    if (!account) return stop(problem('invalid_grant', 'Invalid grant: account not found'))
    const signed = verify(
      'sha256',
      Buffer.from(`${header}.${claims}`),
      account.key,
      Buffer.from(signature, 'base64url'),
    )
    if (!signed || (kid !== undefined && kid !== account.id)) stop(problem('invalid_grant', 'Invalid JWT Signature.'))
    if (aud !== audience) stop(problem('invalid_grant', 'Invalid JWT: Failed audience check.'))
    const [from, to] = [Number(iat), Number(exp)]
    const inTime = to > now && from <= now + SKEW_SECONDS && to > from && to - from <= LONGEST_SECONDS
    if (!inTime || !Number.isInteger(iat) || !Number.isInteger(exp)) stop(problem('invalid_grant', BAD_TIME))
    const scopes = new Set((typeof scope === 'string' ? scope : '').split(' ').filter(Boolean))
    if (scopes.size === 0) stop(problem('invalid_scope', 'Invalid OAuth scope or ID token audience provided.'))
    return { email: String(iss), scopes }
  }
}

function parsed(part: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(part, 'base64url').toString())) as Record<string, unknown>
  } catch {
    return stop(problem('invalid_request', 'Bad Request'))
  }
}
