/**
 * What proves to this Worker that it sent somebody itself: a JWT that holds for a while.
 * @module
 */
import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'

/** Longer ones are none. */
const MOST_CHARACTERS = 1000

/** @param purpose what it is for; it holds for nothing else */
export function issueTicket(adminToken: string, purpose: string, lifeS: number): Promise<string> {
  return new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(purpose)
    .setExpirationTime(Math.floor(Date.now() / 1000) + lifeS)
    .sign(keyOf(adminToken))
}

/** Whether a ticket is for this purpose, and still holds. */
export async function readTicket(adminToken: string, purpose: string, ticket: string | undefined): Promise<boolean> {
  if (ticket === undefined || ticket.length > MOST_CHARACTERS) return false
  try {
    await jwtVerify(ticket, keyOf(adminToken), { algorithms: ['HS256'], subject: purpose })
    return true
  } catch {
    return false
  }
}

function keyOf(adminToken: string): Uint8Array {
  return createHash('sha256').update(`ticket:${adminToken}`).digest()
}
