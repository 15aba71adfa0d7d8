/**
 * Google's errors. cloud.google.com/apis/design/errors
 * @module
 */
import type { Reply } from '../server.ts'

const problem = (code: number, status: string, message: string): Reply => ({
  status: code,
  body: { error: { code, message, status } },
})

export const badRequest = (message: string) => problem(400, 'INVALID_ARGUMENT', message)
export const notFound = () => problem(404, 'NOT_FOUND', 'Requested entity was not found.')
export const forbidden = (message = 'The caller does not have permission') => problem(403, 'PERMISSION_DENIED', message)
export const unauthenticated = () =>
  problem(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials. Expected OAuth 2 access token.')
export const exhausted = (kind: string) =>
  problem(
    429,
    'RESOURCE_EXHAUSTED',
    `Quota exceeded for quota metric '${kind} requests' and limit '${kind} requests per minute per user'`,
  )
