/**
 * Reads what a partner asks for, or decides how it is refused.
 * @module
 */
import { isObject, partner } from '@heap-edge/contract'
import { isSame } from '../credentials.ts'
import type { Env } from '../env.ts'
import { json, type Reply, text } from '../reply.ts'
import type { Grant } from '../store/connections.ts'

/** The only scope there is. */
export const SCOPE = 'segment'

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** A partner asks to be connected; the answer goes to its redirect_uri. */
export interface ConnectRequest extends Grant {
  state?: string
}

/** A code in the hands of its partner. */
export interface Claim extends Grant {
  code: string
}

/** Reads the query of the authorize route. Nobody is sent to an address that is not known to be the partner's. */
export function readRequest(query: Record<string, string>, env: Env): ConnectRequest | Reply {
  const { client_id = '', redirect_uri = '', state } = query
  if (client_id !== env.PARTNER_CLIENT_ID) return refusedHere('client_id is not that of the partner')
  if (!isRegistered(redirect_uri)) {
    return refusedHere('redirect_uri must be an address of this machine, without a query or a fragment')
  }
  const request = { client_id, redirect_uri, ...(state !== undefined && { state }) }
  const result = partner.partnerAuthorize.safeParse(query)
  if (result.success) return request
  const wrong = result.error.issues[0]?.path[0]
  const error =
    wrong === 'response_type' ? 'unsupported_response_type' : wrong === 'scope' ? 'invalid_scope' : undefined
  return sentBack(request, { error: error ?? 'invalid_request' }, `${String(wrong)} is missing or not what Heap takes`)
}

/** Reads the body of the token route: JSON or a form. */
export async function readClaim(body: string, type: string, env: Env): Promise<Claim | Reply> {
  const value = /^application\/x-www-form-urlencoded\b/i.test(type)
    ? Object.fromEntries(new URLSearchParams(body))
    : parsed(body)
  const result = partner.partnerToken.safeParse(value)
  if (!result.success) {
    const wrong = String(result.error.issues[0]?.path[0] ?? 'the body')
    const other = wrong === 'grant_type' && isObject(value) && value.grant_type !== undefined
    return refused(400, other ? 'unsupported_grant_type' : 'invalid_request', `${wrong} is missing or wrong`)
  }
  const { client_id, client_secret, code, redirect_uri } = result.data
  const known = await isSame(`${client_id}:${client_secret}`, `${env.PARTNER_CLIENT_ID}:${env.PARTNER_CLIENT_SECRET}`)
  return known
    ? { client_id, code, redirect_uri }
    : refused(401, 'invalid_client', 'not the partner, or not its secret')
}

/** Back to the partner, with what came of it and the state that it gave. */
export function sentBack({ redirect_uri, state }: ConnectRequest, what: Record<string, string>, note?: string): Reply {
  const url = new URL(redirect_uri)
  for (const [name, value] of Object.entries({ ...what, ...(state !== undefined && { state }) })) {
    url.searchParams.set(name, value)
  }
  return { ...text(302, '', note), headers: { Location: url.href } }
}

/** An error as the token route has it: its name, no more. */
export function refused(status: number, error: string, note: string): Reply {
  return json(status, { error }, note)
}

function refusedHere(reason: string): Reply {
  return text(400, reason, reason)
}

/** Heap compares with what the partner registered; here every address of this machine is. */
function isRegistered(uri: string): boolean {
  if (!URL.canParse(uri) || /[?#]/.test(uri)) return false
  const { protocol, hostname, username } = new URL(uri)
  return (protocol === 'http:' || protocol === 'https:') && LOCAL_HOSTS.has(hostname) && username === ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
