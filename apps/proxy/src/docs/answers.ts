/**
 * Answers of the routes, as the OpenAPI document describes them.
 * @module
 */
import { PROBLEMS, type ProblemKind } from '../problem.ts'

export const header = (description: string) => ({ description, schema: { type: 'string' } })
export const outcome = {
  'Heap-Edge-Outcome': {
    description: 'What became of the records',
    schema: { type: 'string', enum: ['delivered', 'queued', 'suppressed', 'rejected'] },
  },
  'Heap-Edge-Request-Id': header('Names the request; the log has the same'),
}
export const mixed = {
  'Heap-Edge-Records': header(
    'Where not all records of a list came to the same end, how many came to each: `delivered=900, queued=99, suppressed=1`',
  ),
}
export const limits = {
  RateLimit: header(
    'What is left of the requests and events of the identity: `"requests";r=29;t=30, "events";r=999;t=60`',
  ),
  'RateLimit-Policy': header('The limits of Heap: `"requests";q=30;w=30, "events";q=1000;w=60`'),
}
const authenticate = { 'WWW-Authenticate': header('Bearer: what has to be sent in Authorization') }
export const retryAfter = { 'Retry-After': header('Seconds to wait') }

/** One answer for each status, since several kinds of problems share one. */
export function refusals(kinds: ProblemKind[]) {
  const byStatus = new Map<number, string[]>()
  for (const kind of kinds) {
    const [status, title] = PROBLEMS[kind]
    byStatus.set(status, [...(byStatus.get(status) ?? []), `${title} (\`${kind}\`)`])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, titles]) => [
      status,
      {
        description: titles.join('; '),
        headers: {
          ...outcome,
          ...(status === 401 && authenticate),
          ...(status === 429 && { ...retryAfter, ...limits }),
          ...(status === 503 && retryAfter),
        },
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}
