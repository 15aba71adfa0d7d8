/**
 * The four routes that pages may write to. They take Heap's own bodies.
 * @module
 */
import {
  type IngestRecord,
  PATHS,
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
import { forward } from '../forward.ts'
import { NOBODY } from '../limits/holder.ts'
import {
  countByOwner,
  isAccount,
  isSuppressed,
  type LimitState,
  ownerKey,
  type Permits,
  takePermits,
} from '../limits/permits.ts'
import { logError } from '../log.ts'
import { answerOf, meter } from '../metrics/report.ts'
import { storeUnsent } from '../outbox/shards.ts'
import { problem } from '../problem.ts'
import { jsonOnly, readRequest, sizeLimit } from './body.ts'
import { refuseFlood } from './client.ts'
import { correctClock } from './clock.ts'
import { refuseUnproven } from './identity.ts'
import { allowedOrigins } from './origin.ts'
import { stamp } from './stamp.ts'

type IngestContext = Context<{ Bindings: Env }>
type IngestRequest = TrackRequest | AddUserPropertiesRequest | AddAccountPropertiesRequest | IdentifyRequest

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

/** Either the whole request is accepted, delivered now or queued, or nothing of it. */
async function accept(c: IngestContext, contract: RequestContract<IngestRequest>): Promise<Response> {
  const config = configOf(c.env)
  const received = await readRequest(c, contract, config)
  if (received instanceof Response) return received
  const { request, sentAt, placeOf } = received
  const { app_id } = request
  const records = recordsOf(request)
  const counts = countByOwner(records)
  c.set('about', { app_id, records: records.length })
  const refusal = (await refuseUnproven(c, records, placeOf, config)) ?? (await refuseFlood(c, counts.size, config))
  if (refusal) return refusal
  const now = Date.now()
  // What is stamped has our time already.
  if (sentAt !== undefined) correctClock(records, sentAt, now)
  stamp(records, now)
  const send = (part?: IngestRecord[]) => {
    const body = part ? { app_id, [contract.listKey as string]: part } : request
    return forward(config.heapUrl + contract.path, JSON.stringify(body), config.heapTimeoutMs)
  }
  const accepted = (delivered: number, queued: number) => {
    const suppressed = records.length - delivered - queued
    if (Math.max(delivered, queued, suppressed) < records.length) {
      c.header('Heap-Edge-Records', `delivered=${delivered}, queued=${queued}, suppressed=${suppressed}`)
    }
    meter.count('accepted', records.length, app_id, contract.path)
    meter.count('delivered', delivered, app_id, contract.path, 'live')
    meter.count('queued', queued, app_id, contract.path)
    meter.count('suppressed', suppressed, app_id, contract.path)
  }

  try {
    const [permits, joinsDeleted] = await Promise.all([
      takePermits(c.env, app_id, counts, config),
      contract.path === PATHS.identify &&
        isSuppressed(c.env, app_id, `user_id:${(request as IdentifyRequest).user_id}`),
    ])
    const { waiting, suppressed, limits } = permits
    for (const [key, events] of counts) {
      if (!isAccount(key) && !suppressed.has(key)) meter.busy(app_id, key, events)
    }
    describeLimits(c, limits)
    const [now, later] = joinsDeleted ? [[], []] : split(records, permits)
    if (now.length === 0 && later.length === 0) {
      accepted(0, 0)
      c.header('Heap-Edge-Outcome', 'suppressed')
      return c.json({})
    }
    // What waits is stored first: where there is no room for it, nothing has been sent yet.
    if (later.length > 0 && !(await queue(c, contract.path, app_id, later, waiting))) return outboxFull(c)
    const began = Date.now()
    const delivery = now.length > 0 ? await send(now.length < records.length ? now : undefined) : undefined
    if (delivery) meter.heap('live', answerOf(delivery), Date.now() - began)
    if (later.length === 0 && delivery?.kind === 'delivered') {
      accepted(now.length, 0)
      c.header('Heap-Edge-Outcome', 'delivered')
      return c.json({})
    }
    if (later.length === 0 && delivery?.kind === 'refused') {
      return problem(c, 'refused-by-heap', delivery.reason ?? `Heap answered ${delivery.status} and gave no reason.`)
    }
    // Also where Heap refuses a part, once another part is accepted: the outbox finds what is bad in it.
    if (delivery && delivery.kind !== 'delivered') {
      const unanswered = delivery.kind === 'not-now' && delivery.unanswered
      if (!(await queue(c, contract.path, app_id, now, waiting, unanswered))) return outboxFull(c)
    }
    const delivered = delivery?.kind === 'delivered' ? now.length : 0
    accepted(delivered, now.length + later.length - delivered)
  } catch (error) {
    logError('limiter or outbox', error, { request_id: c.get('requestId') })
    c.header('Retry-After', '1')
    return problem(c, 'unavailable', 'It is not known whether all of it was accepted; send the request again.')
  }
  c.header('Heap-Edge-Outcome', 'queued')
  return c.json({}, 202)
}

/** What may be sent now, and what has to wait: nothing of whoever is being deleted. */
function split(
  records: IngestRecord[],
  { waiting, suppressed }: Permits,
): [now: IngestRecord[], later: IngestRecord[]] {
  if (waiting.size === 0 && suppressed.size === 0) return [records, []]
  const kept = records.filter((record) => !suppressed.has(ownerKey(record)))
  const waits = (record: IngestRecord) => waiting.has(ownerKey(record))
  return [kept.filter((record) => !waits(record)), kept.filter(waits)]
}

/** Stores records in the outbox; false where it is full. */
async function queue(
  c: IngestContext,
  path: string,
  app_id: string,
  records: IngestRecord[],
  waiting: Permits['waiting'],
  unanswered = false,
): Promise<boolean> {
  const unsent = records.map((record) => {
    const owner = ownerKey(record)
    // Of a request with one record that record is the request; the environment is not part of it.
    const body = JSON.stringify({ ...record, app_id: undefined })
    return { owner, path, body, holder: waiting.get(owner)?.holder ?? NOBODY }
  })
  const { retryAfterMs } = await storeUnsent(c.env, app_id, unsent, configOf(c.env), unanswered)
  if (retryAfterMs !== undefined) c.header('Retry-After', String(seconds(retryAfterMs)))
  return retryAfterMs === undefined
}

function outboxFull(c: IngestContext): Response {
  return problem(
    c,
    'outbox-full',
    'Send the request again after the time in Retry-After, with the same idempotency keys.',
  )
}

/** `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers. */
function describeLimits(c: IngestContext, limits: LimitState[]): void {
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
