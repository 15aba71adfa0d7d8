/**
 * Suppresses the users of deletions in rounds, and ends that in rounds when the deletions are over.
 * @module
 */
import type { DeletionRow } from './sql.ts'
import { FOREVER, Subjects } from './subjects.ts'
import type { World } from './world.ts'

/** What could not be done is tried again after this time, in ms. */
const RETRY_MS = 5000

export class Suppression {
  readonly subjects: Subjects
  readonly #world: World
  readonly #usersPerRound: number
  #noSuppressBefore = 0
  #noReleaseBefore = 0

  constructor(world: World, usersPerRound: number) {
    this.#world = world
    this.#usersPerRound = usersPerRound
    this.subjects = new Subjects(world.sql, () => world.uuid())
  }

  /** Whether all users of a deletion are suppressed. */
  isDone(row: DeletionRow): boolean {
    return this.subjects.toSuppress(row, 1).length === 0
  }

  /** A deletion of which somebody is to be suppressed now. */
  due(): DeletionRow | undefined {
    return this.#world.now() < this.#noSuppressBefore ? undefined : this.subjects.unsuppressed()
  }

  /** When there is something to do. */
  next(): number {
    const now = this.#world.now()
    return Math.min(
      this.subjects.unsuppressed() ? Math.max(now, this.#noSuppressBefore) : Infinity,
      this.subjects.unreleased() ? Math.max(now, this.#noReleaseBefore) : Infinity,
    )
  }

  /** Suppresses some users of a deletion. */
  async suppress(row: DeletionRow): Promise<void> {
    const subjects = this.subjects.toSuppress(row, this.#usersPerRound)
    try {
      if (subjects.length > 0) await this.#world.suppress(subjects, FOREVER, this.subjects.nextCall())
    } catch {
      this.#noSuppressBefore = this.#world.now() + RETRY_MS
      return
    }
    this.subjects.suppressed(row, subjects)
  }

  /** Tells some limiters until when users of a deletion that is over are suppressed, and forgets these users. */
  async release(): Promise<void> {
    const now = this.#world.now()
    const row = this.subjects.unreleased()
    if (!row || now < this.#noReleaseBefore) return
    const subjects = this.subjects.toRelease(row, this.#usersPerRound)
    // Of the moment of what was read: whoever is suppressed anew while this goes on has a higher one.
    const call = this.subjects.nextCall()
    try {
      for (const [until, users] of Map.groupBy(subjects, (subject) => subject.until)) {
        // Another deletion of the same user goes on.
        if (until !== FOREVER) await this.#world.suppress(users, until, call)
      }
    } catch {
      this.#noReleaseBefore = this.#world.now() + RETRY_MS
      return
    }
    this.subjects.erase(row, subjects)
  }
}
