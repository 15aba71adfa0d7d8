import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Call, Machine, commonSteps, stepOf, verifyModels, type Storage } from '../testing.ts'
import { Ledger } from './ledger.ts'
import { FOREVER } from './subjects.ts'
import { type DeletionRow, SCHEMA } from './sql.ts'
import { isOver } from './state.ts'
import type { Asked, DeletedUser, DeletionDetail, NamedUser, Notified, Submission, World } from './world.ts'

const HOUR_MS = 3_600_000
const GRACE_MS = 24 * HOUR_MS
/** From now on a deletion takes as long as this, until the next one of these. */
type Slowness = 'soon' | 'hours' | 'never'
/** How Heap, the limiters and the receivers behave: what is asked is done or not, and one does or does not learn of it. */
type Mode = 'works' | 'fails' | 'cuts' | 'late' | 'refuses' | 'forgets'

type Step =
  | { do: 'create'; users: number[]; key: number | undefined }
  | { do: 'answer'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'cron' }
  | { do: 'poll'; which: number }
  | { do: 'crash'; keep: boolean; lost: boolean }
  | { do: 'mode'; mode: Mode }
  | { do: 'slowness'; slowness: Slowness }

const DURATION: Record<Slowness, number> = { soon: 1000, hours: 5 * HOUR_MS, never: Infinity }
const keyOf = ({ kind, value }: DeletedUser) => `${kind}:${value}`

/** The plain model: Heap, the limiters and the receivers around the real ledger. */
class Model {
  readonly #machine: Machine<Ledger>
  now = 1_000_000_000
  mode: Mode = 'works'
  slowness: Slowness = 'soon'
  /** What Heap has been asked to delete, by its id. */
  readonly heap = new Map<string, { users: Set<string>; completeAt: number; forgotten?: boolean }>()
  /** Until when each user is suppressed. */
  readonly suppressed = new Map<string, number>()
  readonly #lastCall = new Map<string, number>()
  /** What the receivers have got, each time. */
  readonly received: { id: string; channel: string; body: string }[] = []
  readonly mistakes: string[] = []
  /** What somebody was told is accepted. */
  readonly created = new Map<string, NamedUser[]>()
  #ids = 0

  constructor() {
    this.#machine = new Machine(
      SCHEMA,
      (call, storage) => this.#start(call, storage),
      (object) => object.run(),
    )
  }

  get storage() {
    return this.#machine.storage
  }

  get ledger(): Ledger {
    return this.#machine.object
  }

  /** Also those that were stored although nobody learned of it. */
  get all(): DeletionRow[] {
    return this.#machine.object.list(undefined, undefined, 1000) ?? []
  }

  step(step: Step): void {
    switch (step.do) {
      case 'create':
        return void this.#create(step.users, step.key)
      case 'answer':
        return this.#machine.answer(step.which)
      case 'wait':
        this.now += step.ms
        return
      case 'cron':
        return void this.#machine.object.round()
      case 'poll':
        return void this.#machine.object.poll(
          [...this.created.keys()][step.which % Math.max(1, this.created.size)] ?? 'none',
        )
      case 'crash':
        return this.#machine.crash(step.keep, step.lost)
      case 'mode':
        this.mode = step.mode
        return
      case 'slowness':
        this.slowness = step.slowness
    }
  }

  /** The alarm, where it is due. */
  ring(): void {
    this.#machine.ring(this.now)
  }

  /** Everything works, and comes to its end. */
  async finish(): Promise<void> {
    this.mode = 'works'
    this.slowness = 'soon'
    await this.#machine.finish(this, () => {
      if (this.all.every(({ state }) => state === 'timed_out' || isOver(state))) return true
      this.now += HOUR_MS / 6
      this.step({ do: 'cron' })
      return false
    })
  }

  async #create(numbers: number[], keyNumber: number | undefined): Promise<void> {
    const users = [...new Set(numbers)].map((n): NamedUser => ({ kind: 'identity', value: `u${n}`, name: `Name ${n}` }))
    const key = keyNumber === undefined ? undefined : `key-${keyNumber}`
    const fingerprint = JSON.stringify(users)
    const life = this.#machine.life
    const result = await this.#machine.object.create(users, fingerprint, key)
    if (life !== this.#machine.life) return
    // The answer leaves the object.
    this.storage.end('COMMIT')
    if (result.outcome === 'conflict') return
    const known = this.created.get(result.deletion.id)
    if (known && JSON.stringify(known) !== fingerprint) this.mistakes.push('the same key for other users')
    this.created.set(result.deletion.id, users)
  }

  #suppress(users: readonly DeletedUser[], until: number, call: number): void {
    if (this.mode === 'fails') throw new Error('not reached')
    for (const key of users.map(keyOf)) {
      if (call < (this.#lastCall.get(key) ?? 0)) continue
      this.#lastCall.set(key, call)
      this.suppressed.set(key, until)
    }
    if (this.mode === 'cuts') throw new Error('not for certain')
  }

  #submit(users: readonly DeletedUser[], isAlive: boolean): Submission {
    const { mode } = this
    // Heap never learns of a user who could still send; what comes late from a life before is not the ledger's to prevent.
    if (isAlive && users.some((user) => (this.suppressed.get(keyOf(user)) ?? 0) <= this.now))
      this.mistakes.push('submitted before suppressed')
    if (mode === 'fails') return { kind: 'not-now', problem: '503', retryAfterMs: 2000 }
    if (mode === 'refuses') return { kind: 'refused', problem: '400' }
    const id = `heap-${++this.#ids}`
    this.heap.set(id, { users: new Set(users.map(keyOf)), completeAt: this.now + DURATION[this.slowness] })
    if (mode === 'cuts') return { kind: 'not-now', problem: 'cut' }
    if (mode !== 'late') return { kind: 'submitted', id, status: 'pending' }
    const late = new Promise<string>((resolve) => this.#machine.later(() => resolve(id)))
    return { kind: 'not-now', problem: 'no answer', late }
  }

  #ask(id: string): Asked {
    if (this.mode === 'fails' || this.mode === 'cuts') return { kind: 'not-now', problem: '503' }
    const deletion = this.heap.get(id)
    if (deletion && this.mode === 'forgets') deletion.forgotten = true
    if (!deletion || deletion.forgotten) return { kind: 'unknown' }
    return { kind: 'status', status: deletion.completeAt <= this.now ? 'complete' : 'pending' }
  }

  #start(call: Call, storage: Storage): Ledger {
    const world: World = {
      sql: storage.sql,
      whole: (write) => write(),
      now: () => this.now,
      random: () => 0.5,
      uuid: () => `id-${++this.#ids}`,
      suppress: (users, until, number) => call(() => this.#suppress(users, until, number)),
      submit: (users) => call((isAlive) => this.#submit(users, isAlive)),
      ask: (id) => call(() => this.#ask(id)),
      notify: ({ id, channel, body }) =>
        call((): Notified => {
          if (this.mode === 'fails') return { ok: false, problem: '503' }
          this.received.push({ id, channel, body: body as string })
          return this.mode === 'cuts' ? { ok: false, problem: 'cut' } : { ok: true }
        }),
      setAlarm: (at) => storage.setAlarm(at),
    }
    return new Ledger(world, {
      overdueMs: 4 * HOUR_MS,
      timeoutMs: 24 * HOUR_MS,
      graceMs: GRACE_MS,
      underWayMs: 2000,
      usersPerRound: 2,
      channels: ['slack', 'webhook', 'workflow'],
    })
  }
}

const record = (kind: Step['do'], fields: object) => stepOf<Step>(kind, fields)

const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: record('create', {
        users: fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }),
        key: fc.option(fc.nat(2), { nil: undefined }),
      }),
    },
    { weight: 16, arbitrary: record('answer', commonSteps.answer) },
    { weight: 4, arbitrary: record('wait', { ms: fc.oneof(fc.nat(5000), fc.nat(HOUR_MS), fc.nat(8 * HOUR_MS)) }) },
    { weight: 4, arbitrary: record('cron', {}) },
    { weight: 1, arbitrary: record('poll', { which: fc.nat(5) }) },
    { weight: 2, arbitrary: record('crash', commonSteps.crash) },
    {
      weight: 3,
      arbitrary: record('mode', {
        mode: fc.constantFrom<Mode>('works', 'works', 'works', 'fails', 'cuts', 'late', 'refuses', 'forgets'),
      }),
    },
    { weight: 1, arbitrary: record('slowness', { slowness: fc.constantFrom<Slowness>('soon', 'hours', 'never') }) },
  ),
  { minLength: 20, maxLength: 300, size: 'max' },
)

/** The long form takes minutes. */
const TIMEOUT_MS = 1_200_000

it(
  'forgets no user, keeps them suppressed, and tells of each end once, wherever it crashes',
  { timeout: TIMEOUT_MS },
  async () => {
    expect.hasAssertions()
    await verifyModels(steps, () => new Model(), verify, 200)
  },
)

function verify(model: Model): void {
  expect(model.mistakes).toEqual([])
  const ends = new Map<string, number>()
  const all = model.all
  for (const [id, users] of model.created) {
    expect(all.filter((row) => row.id === id).map(({ fingerprint }) => fingerprint)).toEqual([JSON.stringify(users)])
  }
  for (const { id, fingerprint } of all) {
    const users = JSON.parse(fingerprint) as NamedUser[]
    const { state, requests, ended_at, suppressed_until, audit, resumed, notices } = model.ledger.get(
      id,
    ) as DeletionDetail
    const keys = users.map(keyOf)
    if (state === 'complete') {
      const deleted = requests
        .filter(({ status }) => status === 'complete')
        .map(({ heap_id }) => model.heap.get(heap_id))
      expect(deleted.some((heap) => heap && keys.every((key) => heap.users.has(key)))).toBe(true)
      for (const heap of deleted) expect(heap?.completeAt).toBeLessThanOrEqual(ended_at as number)
    }
    // Who is being deleted, or was lately, is suppressed as long as the last of its deletions wants it.
    const until = suppressed_until ?? FOREVER
    const ends_at = ended_at as number
    expect(
      { complete: [ends_at + GRACE_MS], failed: [0, ends_at + GRACE_MS], timed_out: [FOREVER] }[state as 'complete'],
    ).toContain(until)
    for (const key of keys) ends.set(key, Math.max(ends.get(key) ?? 0, until))

    // Each end is told once to each channel: sent again, it is the same.
    for (const event of ['overdue', 'complete', 'failed', 'timed_out']) {
      const times = audit.filter(({ what }) => what === event).length
      for (const channel of ['slack', 'webhook', 'workflow']) {
        expect(notices.filter((notice) => notice.event === event && notice.channel === channel)).toHaveLength(times)
      }
      expect(times).toBeLessThanOrEqual(event === 'overdue' || event === 'timed_out' ? resumed + 1 : 1)
    }
    for (const { id: noticeId, channel, delivered_at } of notices) {
      expect(delivered_at).not.toBeNull()
      const same = model.received.filter((other) => other.id === noticeId && other.channel === channel)
      expect(new Set(same.map(({ body }) => body)).size).toBe(1)
    }
    const left = model.storage.sql.exec<{ value: string | null }>(
      'SELECT value FROM subjects WHERE deletion = (SELECT seq FROM deletions WHERE id = ?)',
      id,
    )
    expect(left.filter(({ value }) => value !== null)).toHaveLength(state === 'timed_out' ? users.length : 0)
  }
  for (const [key, until] of ends) expect([key, model.suppressed.get(key)]).toEqual([key, until])
}
