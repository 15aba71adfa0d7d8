/**
 * One shard of the outbox: it stores what Heap cannot take now, and sends it later, in order and within the limits.
 *
 * It knows no Durable Object. What it does between two awaits is one transaction, and what it sends or answers leaves only
 * when that is durable; so it may be killed at any await and goes on from its tables.
 * @module
 */
import { PATHS, RECORDS_PER_REQUEST } from '@heap-edge/contract'
import { ARRIVAL_MS, type Delivery } from '../forward.ts'
import { bodyOf, chooseRows, countRows } from './batch.ts'
import { Holds, LIMITER_RETRY_MS } from './holds.ts'
import { Owners } from './owners.ts'
import { afterDelivery, afterFailure, afterRefusal, GOOD_PACE, mostRecords, withoutSuspects } from './pace.ts'
import type { Pace } from './pace.ts'
import { Records } from './records.ts'
import type { SetAsideRow, WaitingRow } from './sql.ts'
import type { Arrival, ArrivedRow, OutboxRecord, OutboxSettings, OutboxStatus, World } from './world.ts'

/** Requests to Heap in one run: Workers Free allows 50 calls to other hosts. */
const SENDS_PER_RUN = 40
/** Owners given back in one run: Workers Free allows 1000 calls to Durable Objects. */
const RELEASES_PER_RUN = 400
/** Who finds no room is told to come back after this time, in ms. */
const FULL_RETRY_MS = 30_000

const encoder = new TextEncoder()

export class Outbox {
  readonly #world: World
  readonly #settings: OutboxSettings
  readonly #records: Records
  readonly #owners: Owners
  readonly #holds: Holds
  #pace: Pace
  /** Records and bytes for which room is kept until they are inserted. */
  readonly #expected = { rows: 0, bytes: 0 }
  #alarmAt = Infinity
  #sending: Promise<unknown> | undefined
  #noTrackBefore = 0
  /** Until then a request may arrive that nobody waits for any more: no property in it may come after a newer value of itself. */
  #quietUntil = 0

  /** Goes on from what the tables hold. */
  constructor(world: World, settings: OutboxSettings) {
    this.#world = world
    this.#settings = settings
    this.#records = new Records(world.sql)
    this.#owners = new Owners(world.sql, settings.rules, settings.marginMs, world.now())
    const pace = this.#load('pace')
    this.#pace = pace ? (JSON.parse(pace) as Pace) : GOOD_PACE
    const life = Math.max(world.now(), Number(this.#load('life') ?? 0) + 1)
    this.#save('life', String(life))
    this.#keepQuiet(this.#owners.lastSentAt)
    // Where nothing comes of a call, somebody has to give the owner back.
    this.#holds = new Holds(world, this.#owners, settings, life, () => this.#wake(world.now() + LIMITER_RETRY_MS))
  }

  /**
   * Makes room for records, and sees to it that all of their owners are held. What is granted has to be given to
   * {@link insert}.
   *
   * @param unanswered whether they are in a request that may still arrive at Heap
   * @throws what a limiter threw that could not be reached
   */
  async arrive(records: readonly OutboxRecord[], unanswered = false): Promise<Arrival> {
    if (unanswered) this.#keepQuiet(this.#world.now())
    const sized = records.map((record) => ({ ...record, size: encoder.encode(record.body).length }))
    const bytes = sized.reduce((sum, { size }) => sum + size, 0)
    const { totals } = this.#records
    const rows = totals.waiting + totals.setAside + this.#expected.rows + records.length
    if (rows > this.#settings.maxRows || totals.bytes + this.#expected.bytes + bytes > this.#settings.maxBytes) {
      return { outcome: 'full', retryAfterMs: FULL_RETRY_MS }
    }
    this.#expect(records.length, bytes)

    const { ids, holders, error } = await this.#holds.holdAll(records)
    if (ids) {
      const rows: ArrivedRow[] = []
      for (const { owner, path, body, size } of sized) {
        const id = ids.get(owner)
        // Whoever is not held is being deleted.
        if (id === undefined) this.#expect(-1, -size)
        else rows.push({ owner: id, path, body, size })
      }
      return { outcome: 'room', rows }
    }
    this.#expect(-records.length, -bytes)
    if (error) throw error
    return { outcome: 'elsewhere', holders }
  }

  /** Stores what {@link arrive} has made room for. */
  insert(rows: readonly ArrivedRow[]): void {
    const now = this.#world.now()
    let due = Infinity
    for (const { owner, path, body, size } of rows) {
      this.#expect(-1, -size)
      if (this.#owners.isSuppressed(owner)) {
        this.#owners.settle(owner, 1, now)
        continue
      }
      this.#records.add(owner, path, body, size, now)
      due = Math.min(due, this.#owners.freeAt(owner, now))
    }
    this.#wake(Math.max(due, this.#notBefore))
  }

  /**
   * Sends what may be sent now, and gives back the owners of which nothing waits any more.
   * To be called at the alarm; sets the next one.
   */
  async drain(): Promise<void> {
    this.#alarmAt = Infinity
    let due: number | undefined
    for (let sends = 0; sends < SENDS_PER_RUN && due === undefined; sends++) due = await (this.#sending = this.#send())
    const nextRelease = await this.#holds.releaseIdle(RELEASES_PER_RUN)
    this.#wake(Math.min(due ?? this.#world.now(), nextRelease))
  }

  /** Removes all records of owners that are being deleted, and takes none of them until they are given back. */
  async suppress(owners: readonly string[]): Promise<void> {
    const ids = this.#owners.suppress(owners)
    // What is on its way is not what is there when it has come back.
    await this.#sending?.catch(() => undefined)
    const now = this.#world.now()
    const gone = this.#records.removeOf(ids, owners)
    for (const owner of gone) this.#owners.settle(owner, 1, now)
    if (gone.length > 0) this.#wake(now)
  }

  /** Takes records of these owners again, which are not deleted after all. */
  endSuppression(owners: readonly string[]): void {
    this.#owners.endSuppression(owners)
  }

  status(): OutboxStatus {
    const now = this.#world.now()
    const { totals } = this.#records
    const oldest = this.#records.oldest()
    return {
      depth: totals.waiting,
      bytes: totals.bytes,
      oldestAgeMs: oldest ? now - oldest.at : null,
      setAside: totals.setAside,
      failures: this.#pace.failures,
      problem: this.#pace.problem ?? null,
      notBefore: this.#pace.notBefore > now ? this.#pace.notBefore : null,
    }
  }

  /** What was set aside, oldest first, after the one of this id. */
  listSetAside(after: number, most: number): SetAsideRow[] {
    return this.#records.listSetAside(after, most)
  }

  /** Throws away a record that was set aside; false where there is none of this id. */
  discard(id: number): boolean {
    return this.#records.discard(id)
  }

  /**
   * Puts records that were set aside back behind all others, and does not wait any longer to try again: whoever asks for it
   * says that Heap takes them now.
   *
   * @param rows as {@link listSetAside} gave them
   * @returns how many: those that somebody else put back or discarded in the meantime do not count
   */
  async retry(rows: readonly SetAsideRow[]): Promise<number> {
    const { ids, error } = await this.#holds.holdAll(rows)
    if (!ids) throw error ?? new Error('Another shard of the outbox holds an identity of these until it is done.')
    const now = this.#world.now()
    let put = 0
    for (const { id, owner, path, body } of rows) {
      const ownerId = ids.get(owner)
      const there = this.#records.discard(id)
      if (ownerId === undefined) continue
      if (there && !this.#owners.isSuppressed(ownerId)) {
        this.#records.add(ownerId, path, body, encoder.encode(body).length, now)
        put++
      } else {
        this.#owners.settle(ownerId, 1, now)
      }
    }
    this.#pace = { ...this.#pace, notBefore: 0 }
    this.#wake(now)
    return put
  }

  /** Sends one request. Where nothing can be sent now it returns the time when something can; Infinity where nothing waits. */
  async #send(): Promise<number | undefined> {
    const now = this.#world.now()
    this.#expire(now)
    if (this.#records.totals.waiting === 0) return Infinity
    if (now < this.#notBefore) return this.#notBefore
    const blocked = this.#owners.blocked(now)
    let rows = chooseRows(this.#candidates(blocked, now), (owner) => this.#owners.eventsLeft(owner, now))
    const [first] = rows
    if (!first) {
      const paused = now < this.#noTrackBefore ? this.#noTrackBefore : Infinity
      // Nothing of those that are suppressed is waited for.
      const later = blocked.filter((id) => !this.#owners.isSuppressed(id))
      return later.reduce((next, id) => Math.min(next, this.#owners.freeAt(id, now)), paused)
    }
    if (first.path === PATHS.track) {
      const { granted, waitMs } = await this.#world.lease(rows.length)
      if (granted === 0) {
        this.#noTrackBefore = this.#world.now() + waitMs
        return
      }
      rows = rows.slice(0, granted)
    }
    this.#owners.send(this.#world.now(), countRows(rows))
    const body = bodyOf(this.#settings.app_id, first.path, this.#records.bodies(rows))
    const delivery = await this.#world.send(first.path, body, rows.length)
    const before = this.#pace
    this.#settle(rows, delivery)
    if (this.#pace !== before) this.#save('pace', JSON.stringify(this.#pace))
  }

  /** Records that may be sent now, oldest first: the suspects of a refusal, as long as one of them may. */
  #candidates(blocked: readonly number[], now: number): WaitingRow[] {
    const wanted = { blocked, withoutPath: now < this.#noTrackBefore ? PATHS.track : undefined }
    if ((this.#records.oldest()?.seq ?? Infinity) > (this.#pace.suspects?.upTo ?? Infinity)) {
      this.#pace = withoutSuspects(this.#pace)
    }
    const { suspects } = this.#pace
    const most = mostRecords(this.#pace)
    if (suspects) {
      const rows = this.#records.select({ ...wanted, ...suspects, most: Math.min(most, suspects.most) })
      if (rows.length > 0 || suspects.only) return rows
    }
    return this.#records.select({ ...wanted, most })
  }

  /** What Heap's answer means for the records that it is about. */
  #settle(rows: readonly WaitingRow[], delivery: Delivery): void {
    const now = this.#world.now()
    if (delivery.kind === 'not-now') {
      const { problem, retryAfterMs, unanswered } = delivery
      if (unanswered) this.#keepQuiet(now)
      this.#pace = afterFailure(this.#pace, now, problem, retryAfterMs, () => this.#world.random())
      return
    }
    if (delivery.kind === 'refused' && rows.length > 1) {
      this.#pace = afterRefusal(this.#pace, rows.length, rows.at(-1)?.seq ?? 0)
      return
    }
    if (delivery.kind === 'refused') {
      this.#records.setAside(rows, now, { why: 'refused', status: delivery.status, reason: delivery.reason ?? null })
    } else {
      this.#records.remove(rows)
    }
    this.#pace = afterDelivery(this.#pace)
    for (const { owner } of rows) this.#owners.settle(owner, 1, now)
  }

  /** Sets aside what is too old. */
  #expire(now: number): void {
    const before = now - this.#settings.maxAgeMs
    if ((this.#records.oldest()?.at ?? Infinity) >= before) return
    const rows = this.#records.select({ blocked: [], most: RECORDS_PER_REQUEST })
    const fresh = rows.findIndex(({ at }) => at >= before)
    const expired = fresh === -1 ? rows : rows.slice(0, fresh)
    this.#records.setAside(expired, now, { why: 'expired', status: null, reason: null })
    for (const { owner } of expired) this.#owners.settle(owner, 1, now)
  }

  #expect(rows: number, bytes: number): void {
    this.#expected.rows += rows
    this.#expected.bytes += bytes
  }

  #keepQuiet(from: number): void {
    this.#quietUntil = from + ARRIVAL_MS
  }

  /** Nothing is sent before this time. */
  get #notBefore(): number {
    return Math.max(this.#pace.notBefore, this.#quietUntil)
  }

  #load(name: string): string | undefined {
    return this.#world.sql.exec<{ value: string }>('SELECT value FROM state WHERE name = ?', name)[0]?.value
  }

  #save(name: string, value: string): void {
    this.#world.sql.exec('INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)', name, value)
  }

  #wake(at: number): void {
    // In whole ms, upwards: an alarm that rings a fraction too early would ring again and again.
    at = Math.ceil(at)
    if (at >= this.#alarmAt) return // Infinity too: nothing is to be done then.
    this.#alarmAt = at
    this.#world.setAlarm(at)
  }
}
