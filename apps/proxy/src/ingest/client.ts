/**
 * A guard against floods of made-up identities: who writes as too many from one address is refused, before the first Durable
 * Object is made for them.
 * @module
 */
import type { Context } from 'hono'
import { hasAdminToken } from '../admin/token.ts'
import type { Config } from '../config.ts'
import { problem } from '../problem.ts'

/**
 * Charges the client's address one unit for each owner of records.
 *
 * @returns the answer that refuses it, where it has had its share
 */
export async function refuseFlood(
  c: Context,
  owners: number,
  { clientRateLimiter, adminToken }: Config,
): Promise<Response | undefined> {
  if (clientRateLimiter === undefined) return
  const address = c.req.header('CF-Connecting-IP')
  if (address === undefined || hasAdminToken(adminToken, c.req.header('Authorization'))) return
  const { success } = await clientRateLimiter.limit({ key: clientKey(address), delta: owners })
  if (success) return
  c.header('Retry-After', '60')
  return problem(
    c,
    'client-rate-limited',
    'Nothing of the request was accepted: in this minute this address has written as too many users and accounts.',
  )
}

/**
 * What an address is counted by. Of IPv6 that is the network, its first 64 bits, however it is written: a client has all of it.
 *
 * @example
 * ```ts
 * clientKey('203.0.113.9') // '203.0.113.9'
 * clientKey('2001:db8::1') // '2001:db8:0:0::/64'
 * ```
 */
export function clientKey(address: string): string {
  // With a dot it is IPv4, also where it is written as IPv6: ::ffff:203.0.113.9
  if (!address.includes(':') || address.includes('.')) return address.slice(address.lastIndexOf(':') + 1)
  const [head = [], tail = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
  const network = [...head, ...zeros, ...tail].slice(0, 4)
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
