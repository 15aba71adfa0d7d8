/**
 * The local Heap: one Durable Object that holds everything and decides everything, in the order in which it arrives.
 * @module
 */
import { DurableObject } from 'cloudflare:workers'
import { PATHS, recordsOf, type Subject } from '@heap-edge/contract'
import { accept, type IngestPath, type IngestRequest } from './accept.ts'
import { Batch } from './batch.ts'
import type { Env } from './env.ts'
import { type Effect, Faults } from './faults.ts'
import { Memory, REACH_MS } from './memory.ts'
import type { Claim, ConnectRequest } from './partner/requests.ts'
import * as partner from './partner/replies.ts'
import { json, type Outcome, type Reply, unauthorized } from './reply.ts'
import { snapshotOf, statsOf } from './snapshot.ts'
import { connectionOf } from './store/connections.ts'
import * as deletions from './store/deletions.ts'
import { type ListName, type ListQuery, LISTS } from './store/lists.ts'
import { TooLarge } from './store/properties.ts'
import { addRequest, type RequestEntry } from './store/requests.ts'
import { iso, SCHEMA, TABLES } from './store/schema.ts'
import { arrivalOf } from './traffic/arrival.ts'
import type { Fault, Rate, Snapshot, Stats } from './types.ts'

/** What is noted of a request before it is answered. */
type Incoming = Pick<RequestEntry, 'method' | 'path' | 'records' | 'arrival'>

/** The name of the one object. */
export const HEAP = 'heap'

/** How far the clock can be moved in all, in ms: 100 years. */
const FARTHEST_MS = 100 * 366 * 86_400_000

export class LocalHeap extends DurableObject<Env> {
  readonly #sql: SqlStorage
  readonly #batch: Batch
  #memory: Memory
  #nextDue: number

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(SCHEMA)
    this.#memory = Memory.load(this.#sql)
    this.#nextDue = deletions.nextDue(this.#sql)
    this.#batch = new Batch(() => this.#memory.save(this.#sql))
  }

  /** A valid request to one of the four ingestion routes. */
  ingest(path: IngestPath, request: IngestRequest): Promise<Outcome> {
    const records = recordsOf(request)
    const arrival = arrivalOf(path, request.app_id, records)
    return this.#serve({ method: 'POST', path, records: records.length, arrival }, (now) =>
      accept(this.#sql, this.#memory, now, path, request, arrival),
    )
  }

  /** A request that nothing comes of, and how it is answered. */
  refuse(method: string, path: string, reply: Reply): Promise<Outcome> {
    return this.#serve({ method, path, records: 0 }, () => reply)
  }

  /** A token, where the Worker has found the credentials to be right. */
  authToken(allowed: boolean): Promise<Outcome> {
    return this.#serve({ method: 'POST', path: PATHS.authToken, records: 0 }, (now) =>
      allowed
        ? json(200, { access_token: deletions.issueToken(this.#sql, now) })
        : unauthorized('not the Main Production environment, or not its API key', false),
    )
  }

  /** @param users the users to delete, or the answer to a body that names none */
  userDeletion(token: string, users: Subject[] | Reply, origin: string): Promise<Outcome> {
    const records = Array.isArray(users) ? users.length : 0
    return this.#serve({ method: 'POST', path: PATHS.userDeletion, records }, (now) =>
      this.#authorized(token, now, () => {
        if (!Array.isArray(users)) return users
        const dueAt = now + Number(this.env.DELETION_MS)
        const id = deletions.addDeletion(this.#sql, users, now, dueAt)
        this.#nextDue = Math.min(this.#nextDue, dueAt)
        const location = origin + PATHS.deletionStatus.replace(':deletion_request_id', id)
        return json(201, { deletion_request_id: id, deletion_request_location: location, status: 'pending' })
      }),
    )
  }

  deletionStatus(token: string, id: string): Promise<Outcome> {
    const path = PATHS.deletionStatus.replace(':deletion_request_id', id)
    return this.#serve({ method: 'GET', path, records: 0 }, (now) =>
      this.#authorized(token, now, () => {
        const status = deletions.deletionStatus(this.#sql, id)
        const err = { message: 'Not Found' }
        return status ? json(200, { deletion_request_id: id, status }) : json(404, { err }, 'there is no such deletion')
      }),
    )
  }

  /** A customer has allowed a partner to be connected: back to it, with a code. */
  partnerAllow(request: ConnectRequest): Promise<Outcome> {
    return this.#serve({ method: 'POST', path: PATHS.partnerAuthorize, records: 0 }, (now) =>
      partner.allow(this.#sql, request, now),
    )
  }

  /** @param claim a code in the hands of its partner, or the answer to who shows none */
  partnerToken(claim: Claim | Reply): Promise<Outcome> {
    return this.#serve({ method: 'POST', path: PATHS.partnerToken, records: 0 }, (now) =>
      'status' in claim ? claim : partner.exchange(this.#sql, claim, now),
    )
  }

  partnerMetadata(token: string, id: string): Promise<Outcome> {
    const path = PATHS.partnerMetadata.replace(':id_token', id)
    return this.#serve({ method: 'GET', path, records: 0 }, () => partner.metadata(this.#sql, token, id))
  }

  /** How Heap names this customer to a partner; nothing where that one is not connected. */
  idTokenFor(clientId: string): string | undefined {
    return connectionOf(this.#sql, clientId)?.id_token
  }

  /** One of the lists as JSON; streamed, since it may be larger than a call may answer. */
  list(name: ListName, query: ListQuery): Response {
    this.#catchUp()
    return Response.json({ [name]: LISTS[name](this.#sql, query) })
  }

  stats(): Stats {
    this.#catchUp()
    return statsOf(this.#sql, this.#memory)
  }

  rate(): Rate {
    this.#catchUp()
    return this.#memory.watch.rate(this.#memory.now)
  }

  snapshot(): Snapshot {
    this.#catchUp()
    return snapshotOf(this.#sql, this.#memory)
  }

  /** Adds a fault; nothing where too many are active. */
  addFault(fault: Fault): Fault[] | undefined {
    this.#catchUp()
    const { faults } = this.#memory
    if (!faults.add(fault)) return
    this.#memory.save(this.#sql)
    return [...faults.active]
  }

  clearFaults(): void {
    this.#catchUp()
    this.#memory.faults = new Faults()
    this.#memory.save(this.#sql)
  }

  /** Moves the clock on; nothing where that would be too far. */
  advance(ms: number): string | undefined {
    this.#catchUp()
    if (this.#memory.clockOffset + ms > FARTHEST_MS) return
    this.#memory.clockOffset += ms
    this.#memory.save(this.#sql)
    this.#catchUp()
    return iso(this.#memory.now)
  }

  /** Completes a deletion now; false where there is none of this id. */
  completeDeletion(id: string): boolean {
    this.#catchUp()
    const status = deletions.deletionStatus(this.#sql, id)
    if (status === 'pending') this.#complete(() => deletions.completeDeletion(this.#sql, id, this.#memory.now))
    return status !== undefined
  }

  /** Empties everything. */
  reset(): void {
    this.#batch.drain()
    for (const table of TABLES) this.#sql.exec(`DELETE FROM ${table}`)
    this.#memory = new Memory()
    this.#nextDue = Infinity
  }

  /** What every request to Heap's routes goes through. Its time is that of its arrival here. */
  #serve(incoming: Incoming, handle: (now: number) => Reply): Promise<Outcome> {
    const { now } = this.#memory
    return this.#batch.run(() => this.#process(now, incoming, handle))
  }

  #process(now: number, incoming: Incoming, handle: (now: number) => Reply): Outcome {
    const { counters, watch, faults } = this.#memory
    this.#completeDue(now)
    counters.requests++
    if (incoming.arrival) watch.see(now, incoming.arrival)
    const { latencyMs, instead } = faults.hit(incoming.path)
    const reply = instead && instead.drop !== 'after' ? faulted(instead) : this.#attempt(() => handle(now))
    const { status, type, body, headers } = reply
    const cut = instead?.drop !== undefined
    const note = instead?.drop === 'after' ? [reply.note, 'then the connection was cut by a fault'] : [reply.note]
    addRequest(
      this.#sql,
      {
        ...incoming,
        at: now,
        status: cut ? null : status,
        passed: reply.passed ?? false,
        note: note.filter((part) => part !== undefined).join('; ') || undefined,
      },
      REACH_MS,
    )
    return {
      reply: cut ? 'cut' : { status, type, body, ...(headers && { headers }) },
      latencyMs,
      ...(instead?.retryAfter !== undefined && { retryAfter: String(instead.retryAfter) }),
    }
  }

  /** All of a request or nothing, also where the database refuses it. */
  #attempt(handle: () => Reply): Reply {
    try {
      return this.ctx.storage.transactionSync(handle)
    } catch (error) {
      if (error instanceof TooLarge) return json(413, {}, 'more properties than the sandbox keeps of one thing')
      console.error(error)
      return json(500, {}, 'the sandbox could not store it')
    }
  }

  #authorized(token: string, now: number, handle: () => Reply): Reply {
    return deletions.isValidToken(this.#sql, token, now)
      ? handle()
      : unauthorized('The access token is missing, unknown or older than 5 minutes.')
  }

  /** Before anything is read or changed from outside: what waits is written, what is due is done. */
  #catchUp(): void {
    this.#batch.drain()
    this.#completeDue(this.#memory.now)
  }

  #completeDue(now: number): void {
    if (now < this.#nextDue) return
    this.#complete(() => deletions.completeDue(this.#sql, now))
  }

  #complete(run: () => void): void {
    this.ctx.storage.transactionSync(run)
    this.#nextDue = deletions.nextDue(this.#sql)
    this.#memory.counters.events = this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM events').one().count
    this.#memory.save(this.#sql)
  }
}

/** What a fault says in Heap's place. */
function faulted({ status, drop }: NonNullable<Effect['instead']>): Reply {
  return drop === undefined
    ? json(status ?? 500, {}, `answered ${status} by a fault`)
    : json(500, {}, 'the connection was cut by a fault, nothing was stored')
}
