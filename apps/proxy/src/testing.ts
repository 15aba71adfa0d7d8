/**
 * What the model tests of the outbox and the ledger stand on: SQLite that loses in a crash what the object has not shown yet.
 * @module
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import fc from 'fast-check'
import type { Sql } from './sql.ts'

/** SQLite, of which a crash loses what was written since something last left the object; with the alarm of the object. */
export class Storage {
  readonly #db = new DatabaseSync(':memory:')
  readonly #statements = new Map<string, StatementSync>()
  #open = false

  readonly sql: Sql = {
    exec: <Row>(query: string, ...values: (string | number | null)[]) => {
      if (!this.#open) this.#db.exec('BEGIN')
      this.#open = true
      const statement = this.#statements.get(query) ?? this.#db.prepare(query)
      this.#statements.set(query, statement)
      return statement.all(...values) as Row[]
    },
  }

  constructor(schema: string) {
    this.#db.exec(schema)
    this.#db.exec('CREATE TABLE alarm (at INTEGER, running INTEGER)')
  }

  /** When the alarm rings; nothing where none is set. */
  get alarm(): number | undefined {
    return this.sql.exec<{ at: number }>('SELECT at FROM alarm')[0]?.at
  }

  setAlarm(at: number): void {
    this.sql.exec('DELETE FROM alarm')
    this.sql.exec('INSERT INTO alarm VALUES (?, FALSE)', at)
  }

  end(how: 'COMMIT' | 'ROLLBACK'): void {
    if (this.#open) this.#db.exec(how)
    this.#open = false
  }

  close(): void {
    this.#db.close()
  }
}

/** Something leaves the object, and an answer may come. */
export type Call = <Answer>(effect: (isAlive: boolean) => Answer) => Promise<Answer>

/**
 * An object that lives, calls others and dies: what a model test has around what it tests. What it calls does what it does at
 * the other end, and its answer comes back, when it is the call's turn.
 */
export class Machine<T> {
  readonly storage: Storage
  /** What is tested, as it lives now. */
  object: T
  readonly #start: () => T
  readonly #handler: (object: T) => Promise<void>
  readonly #calls: (() => void)[] = []
  #life = 0
  #running = false

  /**
   * @param start makes the object from what is stored; `call` is for the calls of that object in its life
   * @param handler what its alarm runs
   */
  constructor(schema: string, start: (call: Call, storage: Storage) => T, handler: (object: T) => Promise<void>) {
    this.storage = new Storage(schema)
    this.#start = () => {
      const life = this.#life
      return start((effect) => this.call(effect, life), this.storage)
    }
    this.#handler = handler
    this.object = this.#start()
  }

  /** Grows with each death. */
  get life(): number {
    return this.#life
  }

  get running(): boolean {
    return this.#running
  }

  /** Whether a call is under way. */
  get calling(): boolean {
    return this.#calls.length > 0
  }

  /** Something leaves the object, so that what it wrote is durable. Who dies before the answer never hears it. */
  call<Answer>(effect: (isAlive: boolean) => Answer, life: number = this.#life): Promise<Answer> {
    this.storage.end('COMMIT')
    return new Promise((resolve, reject) => {
      this.#calls.push(() => {
        const isAlive = life === this.#life
        try {
          const answer = effect(isAlive)
          if (isAlive) resolve(answer)
        } catch (error) {
          if (isAlive) reject(error)
        }
      })
    })
  }

  /** Something that happens at a turn of its own. */
  later(effect: () => void): void {
    this.#calls.push(effect)
  }

  /** It is the turn of one of the calls. */
  answer(which: number): void {
    this.#calls.splice(which % Math.max(1, this.#calls.length), 1)[0]?.()
  }

  /** The alarm, where it is due: gone when its handler has ended, unless it was set again; it comes again after a crash. */
  ring(now: number): void {
    if ((this.storage.alarm ?? Infinity) > now || this.#running) return
    this.#running = true
    const life = this.#life
    const run = async () => {
      this.storage.sql.exec('UPDATE alarm SET running = TRUE')
      await this.#handler(this.object)
      if (life !== this.#life) return
      this.storage.sql.exec('DELETE FROM alarm WHERE running')
      this.#running = false
    }
    void run()
  }

  /**
   * Calls, alarms and time go on until nothing is left to do.
   *
   * @param model has the clock, and rings the alarm
   * @param isOver asked when nothing is due; may bring about what is still to come
   * @throws where it never comes to an end
   */
  async finish(model: { now: number; ring: () => void }, isOver: () => boolean): Promise<void> {
    for (let turns = 0; turns < 3000; turns++) {
      await settled()
      model.ring()
      await settled()
      if (this.calling) this.answer(0)
      else if (this.running) continue
      else if (this.storage.alarm !== undefined) model.now = Math.max(model.now, this.storage.alarm)
      else if (isOver()) return
    }
    throw new Error('It never comes to an end')
  }

  /** The object dies. What it wrote last is kept or lost, what it called may arrive or not, and late. */
  crash(keep: boolean, lost: boolean): void {
    this.#life++
    this.storage.end(keep ? 'COMMIT' : 'ROLLBACK')
    if (lost) this.#calls.length = 0
    this.#running = false
    this.object = this.#start()
  }
}

/** All that can go on without an answer from outside has gone on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}

/** What a model test makes of its steps: it has a clock, and an object that it tests. */
interface Model<Step> {
  step(step: Step): unknown
  ring(): void
  finish(): Promise<void>
  storage: Storage
}

/** A step of this kind, with these fields. */
export const stepOf = <Step extends { do: string }, Kind extends Step['do'] = Step['do']>(kind: Kind, fields: object) =>
  fc.record({ do: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<Step>

/** The steps that all models know: an answer comes, time passes, the object dies. */
export const commonSteps = {
  answer: { which: fc.nat(5) },
  crash: { keep: fc.boolean(), lost: fc.boolean() },
}

/**
 * Runs models through steps, one after the other, to their end.
 *
 * @param verify looks at what has become of it
 * @param runs models; `MODEL_RUNS` is for the long form
 */
export async function verifyModels<Step, M extends Model<Step>>(
  steps: fc.Arbitrary<Step[]>,
  start: () => M,
  verify: (model: M) => void | Promise<void>,
  runs: number,
): Promise<void> {
  const property = fc.asyncProperty(steps, async (all) => {
    const model = start()
    for (const step of all) {
      void model.step(step)
      model.ring()
      await settled()
    }
    await model.finish()
    await verify(model)
    model.storage.close()
  })
  await fc.assert(property, { numRuns: Number(process.env.MODEL_RUNS ?? runs) })
}
