/**
 * Who may use the admin routes: whoever sends `Authorization: Bearer <ADMIN_TOKEN>`.
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { problem } from '../problem.ts'

/** Both as hashes, which have one length, so that the time it takes tells nothing. */
export function same(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(wanted))
}

/** What stands after `Bearer ` in an `Authorization`. */
export function bearer(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** Whether an `Authorization` carries the admin token; never where there is none. */
export function hasAdminToken(adminToken: string | undefined, authorization: string | undefined): boolean {
  const token = bearer(authorization)
  return adminToken !== undefined && token !== undefined && same(token, adminToken)
}

/** Refuses all others: 403 where there is no ADMIN_TOKEN, else 401. */
export const adminOnly: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  c.header('Cache-Control', 'no-store')
  const { adminToken } = configOf(c.env)
  if (adminToken === undefined) return problem(c, 'admin-closed', 'Set ADMIN_TOKEN to open them.')
  if (hasAdminToken(adminToken, c.req.header('Authorization'))) return next()
  c.header('WWW-Authenticate', 'Bearer realm="heap-edge"')
  return problem(c, 'unauthorized', 'Send Authorization: Bearer and the ADMIN_TOKEN.')
}
