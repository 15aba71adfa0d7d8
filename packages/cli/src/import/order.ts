/**
 * Which chunks may be under way at once: no two with rows of the same owner, since the last value of a property is the one
 * that stays, and that is to be the last one of the file.
 * @module
 */
import type { Chunk } from './chunk.ts'

export class Order {
  /** Owners of what is under way. */
  readonly #busy = new Set<number>()

  /** Whether it has to wait for something that is under way. */
  waits({ owners }: Pick<Chunk, 'owners'>): boolean {
    return this.#busy.size > 0 && owners.some((owner) => this.#busy.has(owner))
  }

  begin({ owners }: Pick<Chunk, 'owners'>): void {
    for (const owner of owners) this.#busy.add(owner)
  }

  end({ owners }: Pick<Chunk, 'owners'>): void {
    for (const owner of owners) this.#busy.delete(owner)
  }
}
