/**
 * What Heap answers. Its ingestion routes answer 200 with `{}` or the text `OK`: any 2xx is success, and no body is required.
 * @module
 */
import * as z from 'zod'
import { isObject } from './validation.ts'

/** 200 of `POST /api/track`, `/api/add_user_properties` and `/api/v1/identify`: `{}`; of `/api/add_account_properties`: `OK`. */
export const accepted = z.union([z.record(z.string(), z.unknown()), z.literal('OK')])

/** 200 of `POST /api/public/v0/auth_token`. */
export const authToken = z.object({ access_token: z.string().min(1) })

/** 201 of `POST /api/public/v0/user_deletion`. */
export const deletionAccepted = z.object({
  deletion_request_id: z.string().min(1),
  deletion_request_location: z.string().optional(),
  status: z.string(),
})

/** 200 of `GET /api/public/v0/deletion_status/:deletion_request_id`. Documented: `pending`, `complete`; others may come. */
export const deletionStatus = z.object({ deletion_request_id: z.string().min(1), status: z.string() })

/** Heap's error bodies contradict each other: `err.message`, `error.message`, `message` or `error` as a text, or plain text. */
export const failure = z.looseObject({
  err: z.looseObject({ message: z.string() }).optional(),
  error: z.union([z.string(), z.looseObject({ message: z.string() })]).optional(),
  message: z.string().optional(),
})

/**
 * Reads the reason out of any of Heap's error bodies; nothing where there is none, as in the common `400 {}`.
 *
 * @param body the text of the answer, at most a few kB
 * @example
 * ```ts
 * errorMessage('{"err":{"message":"Unauthorized"}}') // 'Unauthorized'
 * errorMessage('Bad request') // 'Bad request'
 * errorMessage('{}') // undefined
 * ```
 */
export function errorMessage(body: string): string | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return body.trim() || undefined
  }
  if (typeof parsed === 'string') return parsed || undefined
  if (!isObject(parsed)) return undefined
  const nested = [parsed.err, parsed.error].map((value) => (isObject(value) ? value.message : value))
  return [...nested, parsed.message].find((value): value is string => typeof value === 'string' && value !== '')
}
