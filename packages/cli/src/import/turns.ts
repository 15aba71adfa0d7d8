/**
 * Who may send when: in the order of the file, so many at once, and no two with rows of the same owner, since the last value
 * of a property is the one that stays, and that is to be the last one of the file.
 * @module
 */
import type { Chunk } from './chunk.ts'
import { overlap } from './owners.ts'

type Owned = Pick<Chunk, 'owners'>

export class Turns {
  readonly #most: number
  readonly #active = new Set<Owned>()
  readonly #waiting: { chunk: Owned; start: () => void }[] = []

  /** @param most how many at once */
  constructor(most: number) {
    this.#most = most
  }

  /** Resolves when it is the chunk's turn. */
  take(chunk: Owned): Promise<void> {
    return new Promise((start) => {
      this.#waiting.push({ chunk, start })
      this.#next()
    })
  }

  /** The chunk is done, or will be another time. */
  end(chunk: Owned): void {
    this.#active.delete(chunk)
    this.#next()
  }

  #next(): void {
    for (let first; (first = this.#waiting[0]) && this.#may(first.chunk);) {
      this.#waiting.shift()
      this.#active.add(first.chunk)
      first.start()
    }
  }

  #may({ owners }: Owned): boolean {
    if (this.#active.size >= this.#most) return false
    for (const active of this.#active) if (overlap(active.owners, owners)) return false
    return true
  }
}
