/**
 * Heap's own way to be let in, with the admin token in the place of the API key: Basic `app_id:ADMIN_TOKEN` gives an access
 * token that lives five minutes, as Heap's do (heap-api section 5.1).
 * @module
 */
import type { Config } from '../config.ts'
import { issueTicket, readTicket } from './ticket.ts'
import { bearer, same } from './token.ts'

/** Life of an access token, in s. */
const LIFE_S = 300

const purposeOf = (appId: string) => `access to ${appId}`

/** An access token for whoever sends the right `Authorization`; nothing for all others. */
export async function accessToken(
  { appId, adminToken }: Config,
  authorization: string | undefined,
): Promise<string | undefined> {
  const [, encoded = ''] = /^Basic +([\w+/=-]{1,1000})$/i.exec(authorization ?? '') ?? []
  const given = Buffer.from(encoded, 'base64').toString()
  if (adminToken === undefined || !same(given, `${appId}:${adminToken}`)) return undefined
  return issueTicket(adminToken, purposeOf(appId), LIFE_S)
}

/** Whether an `Authorization` carries an access token that still holds. */
export async function hasAccess({ appId, adminToken }: Config, authorization: string | undefined): Promise<boolean> {
  return adminToken !== undefined && readTicket(adminToken, purposeOf(appId), bearer(authorization))
}
