import { PATHS } from '@heap-edge/contract'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ARRIVAL_MS, type Delivery } from '../forward.ts'
import { type Rule, Windows } from '../limits/windows.ts'
import { type Call, Machine, commonSteps, stepOf, verifyModels, type Storage } from '../testing.ts'
import { Outbox } from './outbox.ts'
import { SCHEMA } from './sql.ts'
import type { OutboxRecord, World } from './world.ts'

const NOBODY = -1
const SHARD = 3
/** Limits so small that they are reached all the time. */
const RULES: Rule[] = [
  { limit: 4, windowMs: 1000, ahead: 0 },
  { limit: 5, windowMs: 3000, ahead: 0 },
]

/** What a run of the model does next. */
type Step =
  | { do: 'send'; owner: number; kind: 'track' | 'addUserProperties'; bad: boolean }
  | { do: 'answer'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'crash'; keep: boolean; lost: boolean }
  | { do: 'heap'; mode: Mode }

/** How Heap behaves: it takes a request or not, and one does or does not learn of it. */
type Mode = 'takes' | 'fails' | 'cuts' | 'takes and cuts' | 'is busy' | 'hangs'

interface Arrived {
  owner: string
  path: string
  n: number
  at: number
  request: number
}

/** The plain model: senders, limiters and Heap around the real outbox. */
class Model {
  readonly #machine: Machine<Outbox>
  now = 1_000_000
  mode: Mode = 'takes'
  /** What Heap has taken, with each repetition. */
  readonly arrived: Arrived[] = []
  /** What arrives only when nobody waits for it any more. */
  #late: { due: number; records: Arrived[]; fromOutbox: boolean }[] = []
  readonly #limiters = new Map<string, { windows: Windows; holder: number; since: number }>()
  /** The record that each sender is at, and whether it waits for an answer. */
  readonly #current = new Map<string, { n: number; bad: boolean }>()
  readonly #busy = new Set<string>()
  readonly accepted: { owner: string; path: string; n: number; bad: boolean }[] = []
  #requests = 0

  constructor() {
    this.#machine = new Machine(
      SCHEMA,
      (call, storage) => this.#start(call, storage),
      (object) => object.drain(),
    )
  }

  get storage() {
    return this.#machine.storage
  }

  get outbox(): Outbox {
    return this.#machine.object
  }

  step(step: Step): void | Promise<void> {
    switch (step.do) {
      case 'send':
        return this.#send(`identity:${step.owner}`, PATHS[step.kind], step.bad)
      case 'answer':
        return this.#machine.answer(step.which)
      case 'wait':
        this.now += step.ms
        return
      case 'crash':
        return this.#crash(step.keep, step.lost)
      case 'heap':
        this.mode = step.mode
    }
  }

  /** The alarm, where it is due. */
  ring(): void {
    this.#arriveLate(({ due }) => due <= this.now)
    this.#machine.ring(this.now)
  }

  /** Everything that is under way comes to its end, and time goes on until nothing is left to do. */
  async finish(): Promise<void> {
    this.mode = 'takes'
    await this.#machine.finish(this, () => {
      this.#arriveLate(() => true)
      return true
    })
  }

  held(): string[] {
    return [...this.#limiters].filter(([, { holder }]) => holder !== NOBODY).map(([owner]) => owner)
  }

  /** A sender, as the route is: it asks the limiter, then Heap, then the outbox, and sends the same again until it is accepted. */
  async #send(owner: string, path: string, first: boolean): Promise<void> {
    if (this.#busy.has(owner + path)) return
    this.#busy.add(owner + path)
    const { n, bad } = this.#current.get(owner + path) ?? { n: 1, bad: first }
    this.#current.set(owner + path, { n, bad })
    const record = { owner, path, body: JSON.stringify({ owner, path, n, bad }) }
    const life = this.#machine.life
    const accepted = await this.#accept(record)
    if (life === this.#machine.life) this.#busy.delete(owner + path)
    if (accepted === undefined || life !== this.#machine.life) return
    this.#current.set(owner + path, { n: n + 1, bad: first })
    if (accepted) this.accepted.push({ owner, path, n, bad })
  }

  /** Whether it is accepted or refused for good; nothing where it has to be sent again. */
  async #accept(record: OutboxRecord): Promise<boolean | undefined> {
    const limiter = this.#limiter(record.owner)
    let unanswered: boolean | undefined
    if (limiter.holder === NOBODY && limiter.windows.take(this.now, [1, eventsIn(record)]).waitMs === 0) {
      const delivery = await this.#heap(record.path, [record.body], (effect) => this.#machine.call(effect), false)
      if (delivery.kind !== 'not-now') return delivery.kind === 'delivered'
      unanswered = delivery.unanswered
    }
    const arrival = await this.#machine.object.arrive([record], unanswered)
    if (arrival.outcome !== 'room') return
    this.#machine.object.insert(arrival.rows)
    this.storage.end('COMMIT')
    return true
  }

  #limiter(owner: string) {
    const limiter = this.#limiters.get(owner) ?? { windows: new Windows(RULES, 0, this.now), holder: NOBODY, since: 0 }
    this.#limiters.set(owner, limiter)
    return limiter
  }

  #heap(path: string, bodies: string[], call: Call, fromOutbox: boolean): Promise<Delivery> {
    const records = bodies.map((body) => JSON.parse(body) as { owner: string; n: number; bad: boolean })
    const { mode } = this
    const bad = records.some((record) => record.bad)
    const request = ++this.#requests
    // The limits count what arrives, whatever comes of it.
    const taken = (mode.startsWith('takes') || mode === 'hangs') && !bad
    const arrived = records.map(({ owner, n }) => ({ owner, path, n: taken ? n : 0, at: this.now, request }))
    if (mode === 'hangs') this.#late.push({ due: this.now + ARRIVAL_MS - 1, records: arrived, fromOutbox })
    else this.arrived.push(...arrived)
    return call((): Delivery => {
      if (mode === 'hangs') return { kind: 'not-now', problem: 'no answer', unanswered: true }
      if (mode === 'cuts' || mode === 'takes and cuts') return { kind: 'not-now', problem: 'cut' }
      if (mode === 'is busy') return { kind: 'not-now', problem: '429', retryAfterMs: 700 }
      if (mode === 'fails') return { kind: 'not-now', problem: '503' }
      return bad ? { kind: 'refused', status: 400, reason: 'bad' } : { kind: 'delivered' }
    })
  }

  #arriveLate(due: (request: { due: number; fromOutbox: boolean }) => boolean): void {
    for (const { records } of this.#late.filter(due)) this.arrived.push(...records)
    this.#late = this.#late.filter((request) => !due(request))
  }

  #start(call: Call, storage: Storage): Outbox {
    const world: World = {
      sql: storage.sql,
      now: () => this.now,
      random: () => 0.5,
      hold: (owner, life) =>
        call(() => {
          const limiter = this.#limiter(owner)
          limiter.holder = SHARD
          limiter.since = Math.max(limiter.since, life)
          return { holder: SHARD, logs: limiter.windows.logs }
        }),
      release: (owner, life, sent) =>
        call(() => {
          const limiter = this.#limiter(owner)
          if (limiter.holder !== SHARD || life < limiter.since) return { holder: limiter.holder }
          limiter.holder = NOBODY
          limiter.windows.addLogs(sent)
          return { holder: NOBODY }
        }),
      lease: (events) => call(() => ({ granted: Math.min(events, 8), waitMs: 0 })),
      send: (path, body) => {
        const lists = JSON.parse(body) as Record<string, object[]>
        const records = Object.values(lists).find(Array.isArray) as object[]
        return this.#heap(
          path,
          records.map((record) => JSON.stringify(record)),
          call,
          true,
        )
      },
      setAlarm: (at) => storage.setAlarm(at),
    }
    return new Outbox(world, {
      app_id: '1',
      shard: SHARD,
      maxRows: 1000,
      maxBytes: 1_000_000,
      maxAgeMs: 1e12,
      rules: RULES,
      marginMs: 0,
      underWayMs: 0,
      lingerMs: 100,
    })
  }

  /** The object dies. What it wrote last is kept or lost, what it called may arrive or not, and late. */
  #crash(keep: boolean, lost: boolean): void {
    // A sender would send it again and go on: what then comes late is not the outbox's to prevent.
    this.#arriveLate(({ fromOutbox }) => !fromOutbox)
    this.#busy.clear()
    this.#machine.crash(keep, lost)
  }
}

const eventsIn = ({ path }: OutboxRecord) => (path === PATHS.track ? 1 : 0)

const record = (kind: Step['do'], fields: object) => stepOf<Step>(kind, fields)

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: record('send', {
        owner: fc.nat(1),
        kind: fc.constantFrom('track', 'addUserProperties'),
        bad: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      }),
    },
    { weight: 14, arbitrary: record('answer', commonSteps.answer) },
    { weight: 2, arbitrary: record('wait', { ms: fc.oneof(fc.nat(60), fc.nat(1500)) }) },
    { weight: 2, arbitrary: record('crash', commonSteps.crash) },
    {
      weight: 2,
      arbitrary: record('heap', {
        mode: fc.constantFrom<Mode>('takes', 'takes', 'fails', 'cuts', 'takes and cuts', 'is busy', 'hangs'),
      }),
    },
  ),
  { minLength: 20, maxLength: 300, size: 'max' },
)

/** The long form takes minutes. */
const TIMEOUT_MS = 1_200_000

it(
  'loses nothing, keeps the order and the limits, and gives everything back, wherever it crashes',
  { timeout: TIMEOUT_MS },
  async () => {
    expect.hasAssertions()
    await verifyModels(
      steps,
      () => new Model(),
      async (model) => {
        // A call of an object that died may have come late and held an owner: the next record of that owner mends it.
        for (const owner of [0, 1]) {
          void model.step({ do: 'send', owner, kind: 'track', bad: false })
          await model.finish()
        }
        verify(model)
      },
      150,
    )
  },
)

function verify(model: Model): void {
  const refused = model.outbox.listSetAside(0, 1000)
  const refusedAs = new Set(refused.map(({ body }) => body))
  for (const row of refused) expect(row).toMatchObject({ why: 'refused', status: 400, reason: 'bad' })

  for (const { owner, path, n, bad } of model.accepted) {
    const body = JSON.stringify({ owner, path, n, bad })
    const arrivals = model.arrived.filter((other) => other.owner === owner && other.path === path && other.n === n)
    expect([body, arrivals.length > 0]).toEqual([body, !bad])
    if (bad) expect(refusedAs).toContain(body)
  }
  for (const [, sequence] of Map.groupBy(model.arrived, ({ owner, path }) => owner + path)) {
    const numbers = sequence.map(({ n }) => n).filter((n) => n > 0)
    const first = [...new Set(numbers)]
    expect(first).toEqual(first.toSorted((a, b) => a - b))
    if (numbers.length > 0) expect(numbers.at(-1)).toBe(Math.max(...numbers))
  }
  for (const [, sequence] of Map.groupBy(model.arrived, ({ owner }) => owner)) {
    for (const { at: end } of sequence) {
      const [requests, events] = RULES.map(({ windowMs }) =>
        sequence.filter(({ at }) => at > end - windowMs && at <= end),
      ) as [typeof sequence, typeof sequence]
      expect(new Set(requests.map(({ request }) => request)).size).toBeLessThanOrEqual(4)
      expect(events.filter(({ path }) => path === PATHS.track).length).toBeLessThanOrEqual(5)
    }
  }
  expect(model.held()).toEqual([])
  expect(model.outbox.status()).toMatchObject({ depth: 0, setAside: refused.length })
  expect(model.storage.sql.exec('SELECT key FROM owners')).toEqual([])
}
