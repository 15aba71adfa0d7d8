/**
 * The ledger of deletions: each is stored before Heap is asked, and followed until it is over.
 *
 * It knows no Durable Object. What it does between two awaits is one transaction, and what it sends or answers leaves only
 * when that is durable; so it may be killed at any await and goes on from its tables.
 * @module
 */
import type { NoticeEvent } from './messages.ts'
import { Notices } from './notices.ts'
import { Rows } from './rows.ts'
import type { DeletionRow } from './sql.ts'
import { type DeletionState, isOver, nextAttemptAt, nextPollAt, RESUBMIT_MS, SUBMIT_BACKOFF } from './state.ts'
import { FOREVER } from './subjects.ts'
import { Suppression } from './suppression.ts'
import type { Created, DeletionDetail, LedgerSettings, NamedUser, Submission, World } from './world.ts'

/** Calls of Heap in one cron run; Workers Free allows 50 to other hosts, and the token is one more. */
const CALLS_PER_ROUND = 40
/** Submissions in one run of the alarm. */
const SUBMITS_PER_RUN = 5
/** Whoever asks by hand is not passed on to Heap more often than this, in ms. */
const ASK_BY_HAND_MS = 60_000
/** Heap forgot its own id so often: there is no use in submitting it again. */
const MOST_UNKNOWN = 3

export class Ledger {
  readonly #world: World
  readonly #settings: LedgerSettings
  readonly #rows: Rows
  readonly #suppression: Suppression
  readonly #notices: Notices
  #alarmAt = Infinity

  /** Goes on from what the tables hold. */
  constructor(world: World, settings: LedgerSettings) {
    this.#world = world
    this.#settings = settings
    this.#rows = new Rows(world.sql)
    this.#suppression = new Suppression(world, settings.usersPerRound)
    this.#notices = new Notices(world, settings.channels)
  }

  /**
   * Stores a deletion. Its first users, mostly all, are suppressed when this returns.
   *
   * @param key whoever sends it again gets the same deletion
   * @param fingerprint tells one list of users from another
   */
  async create(users: readonly NamedUser[], fingerprint: string, key?: string): Promise<Created> {
    const known = key === undefined ? undefined : this.#rows.byKey(key)
    if (known) {
      return known.fingerprint === fingerprint ? { outcome: 'known', deletion: known } : { outcome: 'conflict' }
    }
    const now = this.#world.now()
    const row = this.#world.whole(() => {
      const row = this.#rows.insert(this.#world.uuid(), users.length, key, fingerprint, now)
      this.#suppression.subjects.insert(row, users)
      return row
    })
    this.#wake(now)
    await this.#suppress(row)
    return { outcome: 'created', deletion: this.#rows.bySeq(row.seq) }
  }

  /** Newest first; nothing where the one is not known after which to go on. */
  list(state: DeletionState | undefined, after: string | undefined, most: number): DeletionRow[] | undefined {
    const from = after === undefined ? FOREVER : this.#rows.byId(after)?.seq
    return from === undefined ? undefined : this.#rows.list(state, from, most)
  }

  get(id: string): DeletionDetail | undefined {
    const row = this.#rows.byId(id)
    if (!row) return undefined
    const [requests, audit] = [this.#rows.requests(row), this.#rows.audits(row)]
    return { ...row, requests, audit, notices: this.#notices.of(row) }
  }

  /** Hashes of the users of a deletion, in their order: HMAC-SHA-256 of `identity:…` or `user_id:…` with this salt as the key. */
  hashes(id: string): { salt: string; hashes: string[] } | undefined {
    const row = this.#rows.byId(id)
    const { subjects } = this.#suppression
    return row && { salt: subjects.salt, hashes: subjects.hashes(row) }
  }

  /** Asks Heap about a deletion now, or submits it again where Heap has never taken it. */
  async poll(id: string): Promise<DeletionDetail | undefined> {
    const row = this.#rows.byId(id)
    if (!row) return undefined
    const now = this.#world.now()
    const requests = this.#rows.requests(row)
    if (requests.length === 0) {
      this.#submitNow(row, now)
    } else if (row.state === 'pending' || row.state === 'timed_out') {
      const askedAt = Math.max(...requests.map(({ polled_at }) => polled_at ?? 0))
      if (now - askedAt >= ASK_BY_HAND_MS) await this.#ask(row)
    }
    return this.get(id)
  }

  /** Of a deletion that Heap has never taken: it is due, and one that timed out is taken up again. */
  #submitNow(row: DeletionRow, now: number): void {
    if (row.state === 'submitting') {
      this.#rows.change(row, { next_at: now })
    } else if (row.state === 'timed_out' && this.#suppression.isDone(row)) {
      this.#rows.move(row, 'submitting', now, { ...resumed(row, now), next_at: now })
    }
    this.#wake(now)
  }

  /** Asks Heap about all deletions that are due, and tells of those that take too long. To be called by cron. */
  async round(): Promise<void> {
    for (let calls = 0, goOn = true; calls < CALLS_PER_ROUND && goOn;) {
      const [row] = this.#rows.due(['pending'], this.#world.now(), 1)
      if (!row) break
      const asked = await this.#ask(row)
      calls += asked.made
      goOn = asked.goOn
    }
    // Only now: after a time without cron, what looks late may long be complete.
    this.#watchTime()
  }

  /**
   * Does what is to be done: suppress, submit, release, notify; some of each.
   * To be called at the alarm; sets the next one.
   */
  async run(): Promise<void> {
    this.#alarmAt = Infinity
    const unsuppressed = this.#suppression.due()
    if (unsuppressed) await this.#suppress(unsuppressed)
    for (const row of this.#rows.due(['accepted', 'submitting'], this.#world.now(), SUBMITS_PER_RUN)) {
      await this.#submit(row)
    }
    await this.#suppression.release()
    await this.#notices.send()
    this.#wake(Math.min(this.#rows.nextSubmission(), this.#suppression.next(), this.#notices.next()))
  }

  /** Suppresses some users of a deletion; after the last ones it is due to be submitted. */
  async #suppress(row: DeletionRow): Promise<void> {
    await this.#suppression.suppress(row)
    const now = this.#world.now()
    const { state, next_at } = this.#rows.bySeq(row.seq)
    if (state === 'accepted' && next_at === null && this.#suppression.isDone(row)) {
      // What was let through before may still be on its way, and is to be there when Heap looks for what to delete.
      this.#rows.change(row, { next_at: now + this.#settings.underWayMs })
    }
    this.#wake(now)
  }

  async #submit({ seq }: DeletionRow): Promise<void> {
    const now = this.#world.now()
    // Others may have been at it since it was found to be due.
    const row = this.#rows.bySeq(seq)
    const isDue = row.next_at !== null && row.next_at <= now
    if (!isDue || (row.state !== 'accepted' && row.state !== 'submitting')) return
    const users = this.#suppression.subjects.users(row)
    this.#rows.move(row, 'submitting', now, { submitted_at: row.submitted_at ?? now, next_at: now + RESUBMIT_MS })
    const submission = await this.#world.submit(users)
    this.#settle(row.seq, submission, row.submitted_at === null)
    if (submission.kind === 'not-now') {
      const late = (id: string | undefined) => {
        if (id !== undefined) this.#settle(row.seq, { kind: 'submitted', id, status: 'pending' }, false)
      }
      submission.late?.then(late, () => undefined)
    }
  }

  /**
   * What the answer to a submission means for the deletion as it is now.
   *
   * @param first whether it was never submitted before
   */
  #settle(seq: number, submission: Submission, first: boolean): void {
    const now = this.#world.now()
    const row = this.#rows.bySeq(seq)
    const submitting = row.state === 'submitting'
    if (submission.kind === 'submitted') {
      this.#rows.addRequest(row, submission.id, submission.status, now)
      const next_at = nextPollAt(now, () => this.#world.random())
      if (submitting) {
        this.#rows.move(row, 'pending', now, { next_at, failures: 0, problem: null }, `Heap: ${submission.id}`)
      } else {
        this.#rows.audit(row, now, 'submitted again', `Heap: ${submission.id}`)
      }
      return
    }
    if (!submitting) return
    const { problem } = submission
    // A request that was taken before is followed, whatever is said of this one.
    if (submission.kind === 'refused' && this.#rows.requests(row).some(({ status }) => status !== 'unknown')) {
      this.#rows.move(row, 'pending', now, { next_at: now, problem })
    } else if (submission.kind === 'refused') {
      // Where it was submitted before, nobody knows what became of that.
      this.#end(row, 'failed', now, problem, first ? 0 : now + this.#settings.graceMs)
    } else {
      const next_at = nextAttemptAt(now, SUBMIT_BACKOFF, row.failures, submission.retryAfterMs, () =>
        this.#world.random(),
      )
      this.#rows.change(row, { next_at, failures: row.failures + 1, problem })
      this.#wake(next_at)
    }
  }

  /** Asks about those requests of a deletion that are not complete; whether it makes sense to go on with others. */
  async #ask(row: DeletionRow): Promise<{ made: number; goOn: boolean }> {
    // Before the first call, so that nobody else asks for the same at the same time.
    this.#rows.change(row, {
      next_at: row.state === 'pending' ? nextPollAt(this.#world.now(), () => this.#world.random()) : null,
    })
    let made = 0
    for (const { heap_id, status } of this.#rows.requests(row)) {
      if (status === 'complete' || status === 'unknown') continue
      made++
      this.#rows.polled(row, heap_id, status, this.#world.now())
      const asked = await this.#world.ask(heap_id)
      if (asked.kind === 'not-now') {
        if (!isOver(this.#rows.bySeq(row.seq).state)) this.#rows.change(row, { problem: asked.problem })
        return { made, goOn: asked.onlyThis === true }
      }
      this.#rows.polled(row, heap_id, asked.kind === 'unknown' ? 'unknown' : asked.status, this.#world.now())
    }
    this.#conclude(this.#rows.bySeq(row.seq))
    return { made, goOn: true }
  }

  /** What the states of its requests mean for a deletion. */
  #conclude(row: DeletionRow): void {
    if (row.state !== 'pending' && row.state !== 'timed_out') return
    const now = this.#world.now()
    const statuses = this.#rows.requests(row).map(({ status }) => status)
    const unknown = statuses.filter((status) => status === 'unknown').length
    const complete = statuses.filter((status) => status === 'complete').length
    if (complete > 0 && complete + unknown === statuses.length) {
      this.#end(row, 'complete', now, null, now + this.#settings.graceMs)
    } else if (unknown < statuses.length || statuses.length === 0) {
      if (row.problem !== null) this.#rows.change(row, { problem: null })
    } else if (row.state === 'pending' && unknown >= MOST_UNKNOWN) {
      const problem = 'Heap does not know the ids that it gave for this deletion'
      this.#end(row, 'failed', now, problem, now + this.#settings.graceMs)
    } else {
      const changes = row.state === 'timed_out' ? resumed(row, now) : {}
      this.#rows.move(row, 'submitting', now, { ...changes, next_at: now }, 'Heap does not know its id')
      this.#wake(now)
    }
  }

  /** Tells of what takes too long, and stops to ask for what takes far too long. */
  #watchTime(): void {
    const now = this.#world.now()
    for (const row of this.#rows.late(now - this.#settings.timeoutMs)) {
      // What is due and was not asked about now is asked about in the next round first.
      const isDue = row.state === 'pending' && row.next_at !== null && row.next_at <= now
      if (!isDue) this.#end(row, 'timed_out', now, row.problem, null)
    }
    for (const row of this.#rows.late(now - this.#settings.overdueMs).filter(({ overdue }) => !overdue)) {
      this.#rows.audit(row, now, 'overdue')
      this.#tell(this.#rows.change(row, { overdue: 1 }), 'overdue', now)
    }
  }

  /** @param suppressed_until null where its users stay suppressed */
  #end(
    row: DeletionRow,
    state: 'complete' | 'failed' | 'timed_out',
    now: number,
    problem: string | null,
    suppressed_until: number | null,
  ): void {
    const changes = { next_at: null, ended_at: now, problem, suppressed_until }
    const ended = this.#rows.move(row, state, now, changes, problem ?? undefined)
    this.#tell(ended, state, now)
  }

  /** In the transaction of what is told. */
  #tell(row: DeletionRow, event: NoticeEvent, now: number): void {
    this.#notices.add(row, event, this.#suppression.subjects.names(row), now)
    this.#wake(now)
  }

  #wake(at: number): void {
    at = Math.ceil(at)
    if (at >= this.#alarmAt) return // Infinity too: nothing is to be done then.
    this.#alarmAt = at
    this.#world.setAlarm(at)
  }
}

/** What changes when a deletion that timed out is taken up again: its time begins anew. */
function resumed(row: DeletionRow, now: number) {
  return { counted_from: now, resumed: row.resumed + 1, overdue: 0 as const, ended_at: null }
}
