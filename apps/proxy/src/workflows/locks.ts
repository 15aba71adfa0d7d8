/**
 * Who may do something alone: a lock in the ledger, which ends by itself where its holder died.
 * @module
 */
import type { Sql } from '../sql.ts'

/** So long a lock holds at most, in ms: longer than anything that is done alone takes. */
export const LOCK_MS = 120_000

/** Whoever waits for a lock fails after this time, in ms, and may try again. */
const LONGEST_WAIT_MS = 60_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000

/** Takes a lock. @returns false while somebody else has it */
export function takeLock(sql: Sql, name: string, holder: string, now: number): boolean {
  const query = `INSERT INTO locks VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder, until = excluded.until WHERE until <= ? OR holder = excluded.holder RETURNING name`
  return sql.exec(query, name, holder, now + LOCK_MS, now).length > 0
}

/** Gives a lock back, if it is still one's own. */
export function releaseLock(sql: Sql, name: string, holder: string): void {
  sql.exec('DELETE FROM locks WHERE name = ? AND holder = ?', name, holder)
}

/** The locks of the ledger, from elsewhere. */
export interface Locks {
  lock(name: string, holder: string): Promise<boolean>
  unlock(name: string, holder: string): Promise<void>
}

/**
 * Does something while nobody else holds the lock of this name.
 *
 * @param holder nobody else's
 * @param wait for so many ms
 * @throws what `act` threw; an error that may be retried where others held it for a minute
 */
export async function holding<Result>(
  locks: Locks,
  name: string,
  holder: string,
  wait: (ms: number) => Promise<unknown>,
  act: () => Promise<Result>,
): Promise<Result> {
  let waited = 0
  for (let pause = FIRST_PAUSE_MS; !(await locks.lock(name, holder)); pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    if (waited >= LONGEST_WAIT_MS) throw new Error(`Others were at ${name} for a minute`)
    await wait(pause)
    waited += pause
  }
  try {
    return await act()
  } finally {
    // Where this fails, the lock ends by itself.
    await locks.unlock(name, holder).catch(() => {})
  }
}
