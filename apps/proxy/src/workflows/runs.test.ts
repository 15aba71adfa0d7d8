import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Machine, commonSteps, stepOf, verifyModels, Storage } from '../testing.ts'
import { BETWEEN_STEPS, Runs } from './runs.ts'
import { partsOf, type RunState, SCHEMA } from './sql.ts'
import type { PlatformState, RunsWorld, Triggered } from './world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** What a run of the model does next. */
type Step =
  | { do: 'receive'; key: number; windowed: boolean; input: string; heard: boolean }
  | { do: 'answer'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'crash'; keep: boolean; lost: boolean }
  | { do: 'platform'; mode: Mode }
  | { do: 'end'; which: number; state: 'complete' | 'errored' }

/** How the platform behaves: it starts an instance or not, and one does or does not learn of it. */
type Mode = 'takes' | 'fails' | 'takes and cuts'

const WINDOW_MS = 10 * MINUTE_MS
const FAILED = 'It failed'

/** The plain model: whoever triggers, the platform, and its instances, around the real ledger. */
class Model {
  readonly #machine = new Machine(
    SCHEMA,
    (call, storage) =>
      new Runs({
        ...noPlatform,
        sql: storage.sql,
        now: () => this.now,
        start: (id) => call(() => this.#startInstance(id)),
        setAlarm: (at) => storage.setAlarm(at),
      }),
    (object) => object.work(),
  )
  now = 1_000_000
  mode: Mode = 'takes'
  /** What was answered to whoever triggered. */
  readonly accepted: { key: string; windowed: boolean; id: string; isKnown: boolean; input: string; at: number }[] = []
  /** Instances, and what each said in the end. */
  readonly instances = new Map<string, RunState>()

  get runs(): Runs {
    return this.#machine.object
  }

  get storage(): Storage {
    return this.#machine.storage
  }

  step(step: Step): void {
    switch (step.do) {
      case 'receive':
        return this.#receive(step)
      case 'answer':
        return this.#machine.answer(step.which)
      case 'wait':
        this.now += step.ms
        return
      case 'crash':
        return this.#machine.crash(step.keep, step.lost)
      case 'platform':
        this.mode = step.mode
        return
      case 'end':
        return this.#end(step.which, step.state)
    }
  }

  ring(): void {
    this.#machine.ring(this.now)
  }

  async finish(): Promise<void> {
    this.mode = 'takes'
    await this.#machine.finish(this, () => true)
  }

  /** Who is not heard dies or is cut off before the answer, and what was stored may be lost. */
  #receive({ key: n, windowed, input, heard }: Step & { do: 'receive' }): void {
    const key = `${n} ${windowed}`
    const triggered = { ...trigger(key), input, ...(windowed && { windowMs: WINDOW_MS }) }
    const [started] = this.runs.receive([triggered])
    if (!heard || !started) return
    this.storage.end('COMMIT')
    this.accepted.push({ key, windowed, id: started.id, isKnown: started.isKnown, input, at: this.now })
  }

  #startInstance(id: string): void {
    const { mode } = this
    if (mode !== 'fails' && !this.instances.has(id)) this.instances.set(id, 'running')
    if (mode !== 'takes') throw new Error('The platform did not answer')
  }

  #end(which: number, state: 'complete' | 'errored'): void {
    const going = [...this.instances].filter(([, state]) => state === 'running')
    const [id] = going[which % Math.max(1, going.length)] ?? []
    if (id === undefined) return
    this.instances.set(id, state)
    this.runs.change(id, state, state === 'errored' ? FAILED : null)
    this.storage.end('COMMIT')
  }
}

/** A platform of which nothing is asked. */
const noPlatform: Omit<RunsWorld, 'sql' | 'now' | 'setAlarm'> = {
  start: async () => {},
  restart: async () => true,
  revive: async () => {},
  state: async () => 'going',
}

function trigger(key: string, workflow = 'w'): Triggered {
  return { workflow, trigger: 'run', key, input: '[]' }
}

const record = (kind: Step['do'], fields: object) => stepOf<Step>(kind, fields)

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: record('receive', {
        key: fc.nat(4),
        windowed: fc.boolean(),
        input: fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
        heard: fc.boolean(),
      }),
    },
    { weight: 12, arbitrary: record('answer', commonSteps.answer) },
    { weight: 4, arbitrary: record('wait', { ms: fc.oneof(fc.nat(6000), fc.nat(2 * WINDOW_MS)) }) },
    { weight: 2, arbitrary: record('crash', commonSteps.crash) },
    { weight: 2, arbitrary: record('platform', { mode: fc.constantFrom<Mode>('takes', 'fails', 'takes and cuts') }) },
    { weight: 4, arbitrary: record('end', { which: fc.nat(9), state: fc.constantFrom('complete', 'errored') }) },
  ),
  { minLength: 10, maxLength: 120, size: 'max' },
)

it('starts all that was received once, wherever it crashes and whatever the platform says', async () => {
  expect.hasAssertions()
  await verifyModels(steps, () => new Model(), verify, 100)
})

function verify({ runs, accepted, instances }: Model): void {
  const stored = runs.list({}, Infinity, 1000)
  // Some are of a trigger that was not heard, and stored nevertheless.
  expect(stored.map(({ id }) => id).toSorted()).toEqual([...instances.keys()].toSorted())
  for (const { id, state, next_at, problem } of stored) {
    const said = instances.get(id)
    expect({ id, state, next_at, problem }).toEqual({
      id,
      state: said,
      next_at: null,
      problem: said === 'errored' ? FAILED : null,
    })
  }
  for (const { id, input, isKnown, key, windowed, at } of accepted) {
    const age = at - (runs.get(id)?.created_at ?? NaN)
    expect(runs.get(id)?.key).toBe(key)
    expect(isKnown ? age >= 0 && (!windowed || age < WINDOW_MS) : age === 0).toBe(true)
    if (!isKnown) expect(runs.input(id)).toEqual({ workflow: 'w', text: input, at })
  }
  for (const [key, rows] of Map.groupBy(stored, ({ key }) => key)) {
    const times = rows.map(({ created_at }) => created_at).toSorted((a, b) => a - b)
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    expect(pauses.every((pause) => pause >= (key.endsWith('true') ? WINDOW_MS : Infinity))).toBe(true)
  }
}

describe('an input', () => {
  // Two UTF-16 units each, of which no cut may leave one alone.
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '👩‍👩‍👧', '\uFEFF', '"'), maxLength: 40 })

  it('is in parts of what fits, which are well-formed and together the same', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 9 }), (whole, most) => {
        const parts = partsOf(whole, most)
        expect(parts.join('')).toBe(whole)
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(most)
          expect(part.isWellFormed()).toBe(true)
          expect(part === '' && whole !== '').toBe(false)
        }
      }),
    )
  })

  it.each([499_999, 500_000, 500_001])('of %i characters and emoji comes back to the character', (length) => {
    const storage = new Storage(SCHEMA)
    const runs = new Runs({ ...noPlatform, sql: storage.sql, now: () => 5, setAlarm: () => {} })
    const input = JSON.stringify([{ a: `${'a'.repeat(length - 8)}${'😀'.repeat(300_000)}` }])
    const [started] = runs.receive([{ ...trigger('k'), input }])
    const id = started?.id ?? ''
    expect(runs.input(id)?.text === input).toBe(true)
    expect(runs.get(id)?.bytes).toBe(Buffer.byteLength(input))
    expect(runs.input(id, Buffer.byteLength(input) - 1)).toBeUndefined()
    const parts = storage.sql.exec<{ n: number }>('SELECT max(length(CAST(text AS BLOB))) AS n FROM inputs')
    expect(parts[0]?.n).toBeLessThan(2_000_000)
    storage.close()
  })
})

describe('a run', () => {
  let storage: Storage
  let runs: Runs
  let now: number
  /** What the platform was asked, and what it says. */
  let asked: string[]
  let platform: (asked: string) => PlatformState | void

  beforeEach(() => {
    storage = new Storage(SCHEMA)
    now = 1_700_000_000_000
    asked = []
    platform = () => 'going'
    const ask = async (what: string) => {
      asked.push(what)
      return platform(what)
    }
    runs = new Runs({
      sql: storage.sql,
      now: () => now,
      start: async (id) => void (await ask(`start ${id}`)),
      restart: async (id, step) => (await ask(`restart ${id} at ${step}`)) !== 'gone',
      revive: async (id) => void (await ask(`revive ${id}`)),
      state: async (id) => (await ask(`state ${id}`)) as PlatformState,
      setAlarm: (at) => storage.setAlarm(at),
    })
  })
  afterEach(() => storage.close())

  function fail(): never {
    throw new Error('The platform does not answer')
  }

  function received(key = 'k'): string {
    return runs.receive([trigger(key)])[0]?.id ?? ''
  }

  async function started(key?: string): Promise<string> {
    const id = received(key)
    await runs.work()
    asked = []
    return id
  }

  it('has an id of its workflow and key, which the platform takes', () => {
    const name = 'a'.repeat(40)
    const ids = [
      ...runs.receive([trigger('k', name), trigger('other', name), trigger('k', 'w')]),
      ...runs.receive([trigger('k', name), { ...trigger('k', name), windowMs: 5 }]),
    ].map(({ id, isKnown }) => [id, isKnown] as const)
    expect(ids.map(([, isKnown]) => isKnown)).toEqual([false, false, false, true, true])
    expect(new Set(ids.map(([id]) => id)).size).toBe(3)
    for (const [id] of ids) expect(id).toMatch(/^[a-zA-Z0-9_][a-zA-Z0-9-_]{0,99}$/)
  })

  it('that cannot be started is tried later each time, up to ten minutes, and says why', async () => {
    platform = fail
    const id = received()
    const pauses: number[] = []
    for (let i = 0; i < 9; i++) {
      await runs.work()
      pauses.push((storage.alarm ?? 0) - now)
      now = storage.alarm ?? 0
    }
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600].map((seconds) => seconds * 1000))
    expect(runs.get(id)).toMatchObject({
      state: 'received',
      problem: 'Not started: Error: The platform does not answer',
    })
    platform = () => undefined
    await runs.work()
    expect(runs.get(id)).toMatchObject({ state: 'running', next_at: null, problem: null })
  })

  it('one of many is started 20 at a time, as long as there are some', async () => {
    for (let i = 0; i < 45; i++) received(String(i))
    for (const left of [25, 5, 0]) {
      await runs.work()
      expect(runs.list({ state: 'received' }, Infinity, 100)).toHaveLength(left)
    }
    expect(new Set(asked).size).toBe(45)
  })

  it('that ended while it was started stays as it ended', async () => {
    platform = (what) => runs.change(what.replace('start ', ''), 'errored', 'No')
    const id = received()
    await runs.work()
    expect(runs.get(id)).toMatchObject({ state: 'errored', problem: 'No', next_at: null })
  })

  it('that ended while another was started is not started again', async () => {
    const [one, other] = [received('1'), received('2')]
    platform = () => runs.change(other, 'complete', null)
    await runs.work()
    expect(asked).toEqual([`start ${one}`])
    expect(runs.get(other)).toMatchObject({ state: 'complete', next_at: null })
  })

  it('shows its steps in the order in which they began', async () => {
    const id = await started()
    const report = (name: string, state: 'running' | 'failed' | 'complete', attempts: number) =>
      runs.step(id, { name, state, attempts, problem: state === 'failed' ? '503' : null })
    report('b', 'running', 1)
    report('b', 'failed', 1)
    report('a', 'running', 1)
    now += 7
    report('b', 'complete', 2)
    const begun = now - 7
    expect(runs.get(id)?.steps).toEqual([
      { name: 'b', state: 'complete', attempts: 2, started_at: begun, ended_at: now, problem: null },
      { name: 'a', state: 'running', attempts: 1, started_at: begun, ended_at: null, problem: null },
    ])
    expect(() => runs.step('none', { name: 'a', state: 'complete', attempts: 1, problem: null })).not.toThrow()
  })

  describe('that is retried', () => {
    it('where there is none, or it is complete, is not', async () => {
      expect(await runs.retry('none')).toBeUndefined()
      const id = await started()
      runs.change(id, 'complete', null)
      expect(await runs.retry(id)).toBe('complete')
      expect(asked).toEqual([])
    })

    it('is started at once where it waits to be', async () => {
      platform = fail
      const id = received()
      await runs.work()
      expect(await runs.retry(id)).toMatchObject({ state: 'received', next_at: now })
      expect(storage.alarm).toBe(now)
    })

    it('goes on where it was', async () => {
      const id = await started()
      expect(await runs.retry(id)).toMatchObject({ state: 'running' })
      expect(asked).toEqual([`state ${id}`, `revive ${id}`])
    })

    it('begins again where the platform has ended it, and nobody was told', async () => {
      const id = await started()
      runs.step(id, { name: 'step 0', state: 'complete', attempts: 1, problem: null })
      runs.step(id, { name: 'step 1', state: 'running', attempts: 1, problem: null })
      platform = (what) => (what.startsWith('state') ? 'gone' : undefined)
      expect(await runs.retry(id)).toMatchObject({ state: 'running' })
      expect(asked).toEqual([`state ${id}`, `restart ${id} at step 1`])
      platform = () => 'gone'
      expect(await runs.retry(id)).toBe('forgotten')
      expect(runs.get(id)).toMatchObject({ state: 'errored', problem: 'The platform has ended it' })
    })

    it('is complete where the platform says so', async () => {
      const id = await started()
      platform = () => 'complete'
      expect(await runs.retry(id)).toMatchObject({ state: 'complete' })
      expect(asked).toEqual([`state ${id}`])
    })

    it.each([
      ['at the step that failed', ['complete', 'errored'], 'step 1'],
      ['between its steps where none did', ['complete', 'complete'], BETWEEN_STEPS],
      ['anew where it has none', [], undefined],
    ] as const)('begins %s', async (_, states, step) => {
      const id = await started()
      for (const [n, state] of states.entries()) {
        runs.step(id, { name: `step ${n}`, state, attempts: 1, problem: null })
      }
      runs.change(id, 'errored', 'No')
      expect(await runs.retry(id)).toMatchObject({ state: 'running', problem: null, ended_at: null })
      expect(asked).toEqual([`restart ${id} at ${step}`])
    })

    it('begins anew where somebody says so, with what was done', async () => {
      const id = await started()
      runs.step(id, { name: 'step 0', state: 'complete', attempts: 1, problem: null })
      runs.change(id, 'errored', 'No')
      expect(await runs.retry(id, true)).toMatchObject({ state: 'running', problem: null })
      expect(asked).toEqual([`restart ${id} at undefined`])
    })

    it('begins anew where the platform has forgotten it and nothing was done', async () => {
      const id = await started()
      runs.step(id, { name: 'step 0', state: 'errored', attempts: 3, problem: 'No' })
      runs.change(id, 'errored', 'No')
      platform = (what) => (what.endsWith('step 0') ? 'gone' : 'going')
      expect(await runs.retry(id)).toMatchObject({ state: 'running', problem: null })
      expect(asked).toEqual([`restart ${id} at step 0`, `restart ${id} at undefined`])
    })

    it('stays as it was where the platform has forgotten what was done', async () => {
      const id = await started()
      runs.step(id, { name: 'step 0', state: 'complete', attempts: 1, problem: null })
      runs.change(id, 'errored', 'No')
      platform = () => 'gone'
      expect(await runs.retry(id)).toBe('forgotten')
      expect(runs.get(id)).toMatchObject({ state: 'errored', problem: 'No' })
    })

    it('stays as it was where the platform does not take it', async () => {
      const id = await started()
      runs.change(id, 'errored', 'No')
      platform = fail
      await expect(runs.retry(id)).rejects.toThrow('The platform does not answer')
      expect(runs.get(id)).toMatchObject({ state: 'errored', problem: 'No' })
    })
  })

  describe('that is silent', () => {
    it.each<[string, () => PlatformState, Partial<{ state: RunState; problem: string | null }>]>([
      ['goes on', () => 'going', { state: 'running', problem: null }],
      ['is complete', () => 'complete', { state: 'complete', problem: null }],
      ['is gone', () => 'gone', { state: 'errored', problem: 'The platform has ended it' }],
      ['is not known while the platform is away', fail, { state: 'running', problem: null }],
    ])('is asked about after half an hour: it %s', async (_, answer, outcome) => {
      platform = answer
      const id = await started().catch(() => received())
      if (answer === fail) runs.change(id, 'running', null)
      asked = []
      now += 30 * MINUTE_MS
      await runs.round()
      expect(asked).toEqual([])
      now += 1
      await runs.round()
      expect(asked).toEqual([`state ${id}`])
      expect(runs.get(id)).toMatchObject(outcome)
      await runs.round()
      expect(asked).toHaveLength(answer === fail ? 2 : 1)
    })

    it('is not asked about while it sleeps', async () => {
      const id = await started()
      runs.step(id, { name: 'night', state: 'waiting', attempts: 1, problem: null, until: now + 5 * HOUR_MS })
      now += 5 * HOUR_MS + 30 * MINUTE_MS
      await runs.round()
      expect(asked).toEqual([])
      now += 1
      await runs.round()
      expect(asked).toEqual([`state ${id}`])
    })

    it('is what it said itself meanwhile', async () => {
      const id = await started()
      now += HOUR_MS
      platform = () => {
        runs.change(id, 'errored', 'No')
        return 'gone'
      }
      await runs.round()
      expect(runs.get(id)).toMatchObject({ state: 'errored', problem: 'No' })
    })
  })

  it('is kept for 7 days, one that failed for 30, one that is not over for ever', async () => {
    const ids = await Promise.all(['complete', 'errored', 'running'].map((key) => started(key)))
    platform = fail
    ids.push(received('received'))
    for (const state of ['complete', 'errored'] as const) {
      runs.step(ids[state === 'complete' ? 0 : 1] ?? '', { name: 'a', state, attempts: 1, problem: null })
      runs.change(ids[state === 'complete' ? 0 : 1] ?? '', state, null)
    }
    const kept = async (days: number, ms = 0) => {
      now = 1_700_000_000_000 + days * DAY_MS + ms
      await runs.round()
      const rows = (table: string) =>
        storage.sql.exec<{ n: number }>(`SELECT count(DISTINCT run) AS n FROM ${table}`)[0]?.n
      return [runs.list({}, Infinity, 9).map(({ key }) => key), rows('inputs'), rows('steps')]
    }
    expect(await kept(7)).toEqual([['received', 'running', 'errored', 'complete'], 4, 2])
    expect(await kept(7, 1)).toEqual([['received', 'running', 'errored'], 3, 1])
    expect(await kept(30)).toEqual([['received', 'running', 'errored'], 3, 1])
    expect(await kept(30, 1)).toEqual([['received', 'running'], 2, 0])
    expect(await kept(365)).toEqual([['received', 'running'], 2, 0])
  })
})
