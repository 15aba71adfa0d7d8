/**
 * The calls by which a shard takes owners over from their limiters and gives them back, one at a time for each owner.
 * @module
 */
import { SUPPRESSED } from '../limits/holder.ts'
import type { Owners } from './owners.ts'
import type { OutboxRecord, OutboxSettings, World } from './world.ts'

/** A limiter that could not be reached is called again after this time, in ms. */
export const LIMITER_RETRY_MS = 5000

export class Holds {
  readonly #world: Pick<World, 'hold' | 'release' | 'now'>
  readonly #owners: Owners
  readonly #settings: Pick<OutboxSettings, 'shard' | 'underWayMs' | 'lingerMs'>
  readonly #life: number
  readonly #onCall: () => void
  /** Calls under way, by owner. */
  readonly #calls = new Map<string, Promise<unknown>>()
  #noReleaseBefore = 0

  /**
   * @param life grows from one life of the shard to the next
   * @param onCall runs in the transaction before a limiter is asked for an owner
   */
  constructor(
    world: Pick<World, 'hold' | 'release' | 'now'>,
    owners: Owners,
    settings: Pick<OutboxSettings, 'shard' | 'underWayMs' | 'lingerMs'>,
    life: number,
    onCall: () => void,
  ) {
    this.#world = world
    this.#owners = owners
    this.#settings = settings
    this.#life = life
    this.#onCall = onCall
  }

  /**
   * Sees to it that the owners of these records are held, and expects the records: of all or of none.
   *
   * @returns their ids here, without those that are being deleted; or who holds them, or what a limiter threw that could not
   *   be reached
   */
  async holdAll(records: readonly Pick<OutboxRecord, 'owner'>[]) {
    const counts = new Map<string, number>()
    for (const { owner } of records) counts.set(owner, (counts.get(owner) ?? 0) + 1)
    const ids = new Map<string, number>()
    let suppressed = 0
    const holders: Record<string, number> = {}
    let error: unknown
    await Promise.all(
      Array.from(counts, async ([key, count]) => {
        try {
          const { id, holder } = await this.#hold(key, count)
          if (id !== undefined) ids.set(key, id)
          else if (holder === SUPPRESSED) suppressed++
          else holders[key] = holder
        } catch (reason) {
          error = reason
        }
      }),
    )
    if (ids.size + suppressed === counts.size) return { ids, holders }
    for (const [key, id] of ids) this.#owners.settle(id, counts.get(key) as number, this.#world.now())
    return { holders, error }
  }

  /**
   * Gives owners back of which nothing waits. Where one of their limiters cannot be reached, it is called again later.
   *
   * @returns when there is something to give back again; Infinity where nothing is
   */
  async releaseIdle(most: number): Promise<number> {
    const now = this.#world.now()
    if (now >= this.#noReleaseBefore) {
      const idle = this.#owners.idle(now, this.#settings.lingerMs, most)
      await Promise.all(idle.map(({ id, key }) => this.#exclusively(key, () => this.#release(id, key))))
    }
    return Math.max(this.#owners.nextIdle(this.#world.now(), this.#settings.lingerMs), this.#noReleaseBefore)
  }

  /** The id of an owner once it is held, and its records expected; or who else holds it. */
  async #hold(key: string, records: number): Promise<{ id?: number; holder: number }> {
    const { shard } = this.#settings
    for (;;) {
      const call = this.#calls.get(key)
      if (call) await call.catch(() => {})
      if (this.#calls.has(key)) continue
      const id = this.#owners.held(key)
      if (id !== undefined) {
        this.#owners.expect(id, records)
        return { id, holder: shard }
      }
      const holder = await this.#exclusively(key, () => this.#ask(key))
      if (holder !== shard) return { holder }
    }
  }

  async #ask(key: string): Promise<number> {
    const { shard, underWayMs } = this.#settings
    const id = this.#owners.begin(key)
    this.#onCall()
    try {
      const { holder, logs } = await this.#world.hold(key, this.#life)
      if (holder === shard) this.#owners.hold(id, this.#world.now(), logs, underWayMs)
      else this.#owners.forget(id)
      return holder
    } catch (error) {
      this.#owners.doubt(id, this.#world.now())
      throw error
    }
  }

  async #release(id: number, key: string): Promise<void> {
    this.#owners.end(id)
    try {
      const { holder } = await this.#world.release(key, this.#life, this.#owners.sent(id, this.#world.now()))
      if (holder !== this.#settings.shard) return this.#owners.forget(id)
    } catch {
      // Not reached, or not for certain.
    }
    this.#owners.doubt(id, this.#world.now())
    this.#noReleaseBefore = this.#world.now() + LIMITER_RETRY_MS
  }

  #exclusively<T>(key: string, call: () => Promise<T>): Promise<T> {
    const result = call().finally(() => this.#calls.delete(key))
    this.#calls.set(key, result)
    return result
  }
}
