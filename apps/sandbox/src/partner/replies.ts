/**
 * What Heap answers a partner: the way back with a code, tokens for a code, and who the customer is.
 * @module
 */
import { MAIN_PRODUCTION } from '../environments.ts'
import { json, type Reply } from '../reply.ts'
import { connect, connectionBy, issueCode, useCode } from '../store/connections.ts'
import { iso } from '../store/schema.ts'
import { type Claim, refused, type ConnectRequest, SCOPE, sentBack } from './requests.ts'

/** Who allows everything here, and the partner's number. */
const AUTHORIZED_BY = 'you@example.com'
const PARTNER_APP_ID = '1'

/** The customer has allowed it. */
export function allow(sql: SqlStorage, request: ConnectRequest, now: number): Reply {
  return sentBack(request, { code: issueCode(sql, request, now) })
}

/** A code becomes tokens, once. */
export function exchange(sql: SqlStorage, claim: Claim, now: number): Reply {
  if (!useCode(sql, claim.code, claim, now)) {
    return refused(400, 'invalid_grant', 'the code is unknown, used, expired or of another redirect_uri')
  }
  const { access_token, id_token } = connect(sql, claim.client_id, now)
  const reply = json(200, { access_token, id_token, token_type: 'bearer' })
  return { ...reply, headers: { 'Cache-Control': 'no-store' } }
}

/** What an access token stands for. */
export function metadata(sql: SqlStorage, accessToken: string, idToken: string): Reply {
  const connection = connectionBy(sql, accessToken)
  if (!connection) return refused(401, 'invalid_token', 'the access token is missing, unknown or replaced')
  if (connection.id_token !== idToken) return refused(404, 'not_found', 'the access token is of another customer')
  return json(200, {
    env_id: MAIN_PRODUCTION,
    partner_app_id: PARTNER_APP_ID,
    authorized_by: AUTHORIZED_BY,
    authorized_scope: SCOPE,
    authorized_at_utc: iso(connection.authorized_at),
  })
}
