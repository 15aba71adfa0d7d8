/**
 * The four routes that pages may write to. They take Heap's own bodies.
 * @module
 */
import {
  recordsOf,
  type RequestContract,
  requests,
  type AddAccountPropertiesRequest,
  type AddUserPropertiesRequest,
  type IdentifyRequest,
  type TrackRequest,
} from '@heap-edge/contract'
import { type Context, Hono } from 'hono'
import { configOf } from '../config.ts'
import type { Env } from '../env.ts'
import { countByIdentity, type Permit, takePermits } from '../limits/permits.ts'
import { problem } from '../problem.ts'
import { invalid, jsonOnly, readRequest, sizeLimit } from './body.ts'
import { type Delivery, forward } from './forward.ts'
import { allowedOrigins } from './origin.ts'

type IngestContext = Context<{ Bindings: Env }>
type IngestRequest = TrackRequest | AddUserPropertiesRequest | AddAccountPropertiesRequest | IdentifyRequest

/** The sender is told to wait this long where Heap does not say how long, in s. */
const DEFAULT_RETRY_S = 5

/** The routes. */
export const ingest = new Hono<{ Bindings: Env }>()

for (const contract of [requests.track, requests.addUserProperties, requests.addAccountProperties, requests.identify]) {
  ingest.use(contract.path, allowedOrigins)
  ingest.post(contract.path, jsonOnly, sizeLimit, (c) => accept(c, contract as RequestContract<IngestRequest>))
  ingest.all(contract.path, (c) => {
    c.header('Allow', 'POST, OPTIONS')
    return problem(c, 'method-not-allowed', 'Send a POST.')
  })
}

/** Either the whole request is accepted, or nothing of it. */
async function accept(c: IngestContext, contract: RequestContract<IngestRequest>): Promise<Response> {
  const config = configOf(c.env)
  const request = await readRequest(c, contract, config)
  if (request instanceof Response) return request

  const counts = countByIdentity(recordsOf(request))
  if (counts.size > config.maxIdentities) {
    const detail = `names ${counts.size} identities; a request may name ${config.maxIdentities}, send several`
    return invalid(c, [{ pointer: `/${contract.listKey}`, detail }])
  }

  let permit: Permit
  try {
    permit = await takePermits(c.env, request.app_id, counts, config)
  } catch (error) {
    console.error('limiter', error)
    c.header('Retry-After', '1')
    return problem(c, 'unavailable', 'Nothing was sent to Heap; send the request again.')
  }
  describeLimits(c, permit)
  if (!permit.granted) return notNow(c, { kind: 'not-now', cause: 'rate-limited', retryAfterS: seconds(permit.waitMs) })

  const delivery = await forward(config.heapUrl + contract.path, request, config.heapTimeoutMs)
  if (delivery.kind === 'not-now') return notNow(c, delivery)
  if (delivery.kind === 'refused') {
    return problem(c, 'refused-by-heap', delivery.reason ?? `Heap answered ${delivery.status} and gave no reason.`)
  }
  c.header('Heap-Edge-Outcome', 'delivered')
  return c.json({})
}

/** What happens to a valid request that Heap cannot take now: it is handed back to the sender, who may send it again. */
function notNow(c: IngestContext, { cause, retryAfterS }: Extract<Delivery, { kind: 'not-now' }>): Response {
  if (cause === 'rate-limited') {
    c.header('Retry-After', String(retryAfterS ?? DEFAULT_RETRY_S))
    return problem(
      c,
      'rate-limited',
      'Nothing of the request was accepted; send it again after the time in Retry-After.',
    )
  }
  if (retryAfterS !== undefined) c.header('Retry-After', String(retryAfterS))
  const kind = cause === 'timed-out' ? 'heap-timed-out' : 'heap-failed'
  return problem(
    c,
    kind,
    'It is not known whether Heap has the request; with idempotency keys it can be sent again safely.',
  )
}

/** `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers. */
function describeLimits(c: IngestContext, { limits }: Permit): void {
  if (limits.length === 0) return
  c.header(
    'RateLimit-Policy',
    limits.map(({ name, limit, windowMs }) => `"${name}";q=${limit};w=${seconds(windowMs)}`).join(', '),
  )
  c.header(
    'RateLimit',
    limits.map(({ name, remaining, resetMs }) => `"${name}";r=${remaining};t=${seconds(resetMs)}`).join(', '),
  )
}

/** Whole seconds, upwards: nobody is to come back too early. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000)
}
