/**
 * Heap's own way to be let in, with the admin token in the place of the API key: Basic `app_id:ADMIN_TOKEN` gives an access
 * token that lives five minutes, as Heap's do (heap-api section 5.1).
 * @module
 */
import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import type { Config } from '../config.ts'
import { same } from './token.ts'

/** Life of an access token, in s. */
const LIFE_S = 300

const ISSUER = 'heap-edge'

function keyOf(adminToken: string): Uint8Array {
  return createHash('sha256').update(`access token of ${ISSUER}:${adminToken}`).digest()
}

/** An access token for whoever sends the right `Authorization`; nothing for all others. */
export async function accessToken(
  { appId, adminToken }: Config,
  authorization: string | undefined,
): Promise<string | undefined> {
  const [, encoded = ''] = /^Basic +([\w+/=-]{1,1000})$/i.exec(authorization ?? '') ?? []
  const given = Buffer.from(encoded, 'base64').toString()
  if (adminToken === undefined || !same(given, `${appId}:${adminToken}`)) return undefined
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setSubject(appId)
    .setExpirationTime(Math.floor(Date.now() / 1000) + LIFE_S)
    .sign(keyOf(adminToken))
}

/** Whether an `Authorization` carries an access token that still holds. */
export async function hasAccess({ appId, adminToken }: Config, authorization: string | undefined): Promise<boolean> {
  const [, token] = /^Bearer +(\S{1,1000})$/i.exec(authorization ?? '') ?? []
  if (adminToken === undefined || token === undefined) return false
  try {
    await jwtVerify(token, keyOf(adminToken), { algorithms: ['HS256'], issuer: ISSUER, subject: appId })
    return true
  } catch {
    return false
  }
}
