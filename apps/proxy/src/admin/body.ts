/**
 * Bodies of the admin routes.
 * @module
 */
import { parseKeepingDigits } from '@heap-edge/contract'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Env } from '../env.ts'
import { parseJson } from '../json.ts'
import { problem } from '../problem.ts'

/** Bytes of a body with users to delete: 10,000 of them, with the names and addresses of a list. */
export const DELETION_BYTES = 8_000_000

/** The `Idempotency-Key` of a request; null where it is none that can be kept. */
export function idempotencyKeyOf(c: Context): string | undefined | null {
  const key = c.req.header('Idempotency-Key')
  return key === undefined || /^[!-~]{1,255}$/.test(key) ? key : null
}

/** Refuses larger bodies with 413, while they are read. */
export function limitBody(maxSize: number): MiddlewareHandler<{ Bindings: Env }> {
  return bodyLimit({ maxSize, onError: (c) => problem(c, 'body-too-large', `A body may have ${maxSize} bytes.`) })
}

/** The JSON of a body in UTF-8, with all digits of the ids in it; nothing where it is none. */
export async function jsonOf(c: Context): Promise<unknown> {
  try {
    return parseJson(await c.req.arrayBuffer(), parseKeepingDigits)
  } catch {
    return undefined
  }
}
