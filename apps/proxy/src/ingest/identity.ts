/**
 * Identities that cannot be forged: with IDENTITY_SECRET set, who writes as one needs a token for it, signed by the site's back
 * end. The admin token does for all of them.
 * @module
 */
import { type IngestRecord, MOST_PROBLEMS, type Problem } from '@heap-edge/contract'
import type { Context } from 'hono'
import { errors, jwtVerify } from 'jose'
import { bearer, hasAdminToken } from '../admin/token.ts'
import type { Config } from '../config.ts'
import { problem } from '../problem.ts'

/** In characters; the longest identity makes a token of some 2000. */
const LONGEST_TOKEN = 4096

/** What the clocks of the back end and of the Worker may differ by, in s. */
const CLOCK_TOLERANCE_S = 30

const REFUSALS = {
  missing: 'it needs Authorization: Bearer and a token for the identity, and has none',
  expired: 'the token has expired',
  invalid: 'the token is not valid; it must be a JWT with sub and exp, signed by HS256 with IDENTITY_SECRET',
  another: 'the token is for another identity',
}

/** The identity that a token is for, or why it is for none. */
type Proof = { identity: string } | { refusal: keyof typeof REFUSALS }

/**
 * Looks for identities that the request's token does not prove. Where there are none, a token is not looked at.
 *
 * @param placeOf where a record stands in the body, as a JSON pointer
 * @returns the answer that refuses the request, where not each identity in it is the one that its token is for
 */
export async function refuseUnproven(
  c: Context,
  records: readonly IngestRecord[],
  placeOf: (index: number) => string,
  { identitySecret, adminToken }: Config,
): Promise<Response | undefined> {
  if (identitySecret === undefined || !records.some((record) => identityOf(record) !== undefined)) return
  const authorization = c.req.header('Authorization')
  if (hasAdminToken(adminToken, authorization)) return
  const proof = await readProof(bearer(authorization), identitySecret)
  const unproven: Problem[] = []
  for (const [index, record] of records.entries()) {
    const identity = identityOf(record)
    if (identity === undefined || ('identity' in proof && proof.identity === identity)) continue
    unproven.push({ pointer: `${placeOf(index)}/identity`, detail: 'is not proven' })
    if (unproven.length === MOST_PROBLEMS) break
  }
  if (unproven.length === 0) return
  const reason = REFUSALS['refusal' in proof ? proof.refusal : 'another']
  c.header('WWW-Authenticate', 'Bearer error="invalid_token"')
  return problem(c, 'identity-not-proven', `Nothing of the request was accepted: ${reason}.`, unproven)
}

function identityOf(record: IngestRecord): string | undefined {
  return 'identity' in record ? record.identity : undefined
}

/** Reads a token. Never throws, whatever it is given. */
export async function readProof(token: string | undefined, secret: string): Promise<Proof> {
  if (token === undefined) return { refusal: 'missing' }
  if (token.length > LONGEST_TOKEN) return { refusal: 'invalid' }
  try {
    const { payload } = await jwtVerify(token, await keyOf(secret), {
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
    })
    return typeof payload.sub === 'string' ? { identity: payload.sub } : { refusal: 'invalid' }
  } catch (error) {
    return { refusal: error instanceof errors.JWTExpired ? 'expired' : 'invalid' }
  }
}

let known: { secret: string; key: CryptoKey } | undefined

/** The key, imported once per isolate. Not kept as a promise, which would belong to the request that made it. */
async function keyOf(secret: string): Promise<CryptoKey> {
  if (known?.secret === secret) return known.key
  const bytes = new TextEncoder().encode(secret)
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  known = { secret, key }
  return key
}
