import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Chunk } from './chunk.ts'
import { noJournal } from './journal.ts'
import type { JournalState } from './journal-state.ts'
import { overlap, ownersOf } from './owners.ts'
import { Pace } from './pace.ts'
import { type Posted, Unfinished } from './post.ts'
import { RefusedReport } from './report.ts'
import { run } from './run.ts'

const counts = { sent: 1, queued: 0, suppressed: 0, refused: 0, requests: 1, retries: 0 }

function chunkOf(names: readonly number[], index: number): Chunk {
  const owners = ownersOf(names.map(String))
  const [first, last, sha256] = [index + 1, index + 1, String(index)]
  return { index, first, last, rows: 1, body: new Uint8Array(1), owners, sha256, refused: [] } as unknown as Chunk
}

it('sends what failed before what comes after it of the same owners, also in a run after it', async () => {
  const chunk = fc.record({
    owners: fc.uniqueArray(fc.nat({ max: 8 }), { minLength: 1, maxLength: 3 }),
    ticks: fc.nat({ max: 5 }),
    /** Fails so often before it is taken. */
    failures: fc.nat({ max: 2 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (plan, concurrency) => {
      const failures = plan.map(({ failures }) => failures)
      const taken: Chunk[] = []
      const post = async (chunk: Chunk): Promise<Posted> => {
        for (let tick = 0; tick < (plan[chunk.index]?.ticks ?? 0); tick++) await Promise.resolve()
        if ((failures[chunk.index] as number) > 0) {
          failures[chunk.index]!--
          throw new Unfinished('gone')
        }
        taken.push(chunk)
        return { ...counts, refusedRows: [] }
      }
      const before: Pick<JournalState, 'begun' | 'done'> = { begun: new Map(), done: new Map() }
      const journal = {
        ...noJournal,
        begin: async (chunk: Chunk) => void before.begun.set(chunk.index, { ...chunk, chunk: chunk.index }),
        done: async (done: { chunk: number }) => void before.done.set(done.chunk, done as never),
      }
      async function* chunks(): AsyncGenerator<Chunk> {
        for (const [index, { owners }] of plan.entries()) yield chunkOf(owners, index)
      }
      const once = () =>
        run({
          chunks: chunks(),
          poster: { post },
          pace: new Pace('accounts'),
          journal,
          before: { ...before, begun: new Map(before.begun), done: new Map(before.done) } as JournalState,
          report: new RefusedReport(''),
          concurrency,
          stop: new AbortController(),
          now: () => 0,
          content: Promise.resolve(undefined),
          onDone() {},
        })
      while (await once());
      expect(taken.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(plan.map((_, index) => index))
      for (const [at, { index, owners }] of taken.entries()) {
        for (const later of taken.slice(at)) {
          if (overlap(owners, later.owners)) expect(later.index).toBeGreaterThanOrEqual(index)
        }
      }
    }),
  )
})
