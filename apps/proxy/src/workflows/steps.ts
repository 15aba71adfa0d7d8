/**
 * Steps of a run on Cloudflare Workflows: each tried again by itself, and told to the ledger.
 * @module
 */
import { NonRetryableError } from 'cloudflare:workflows'
import type { WorkflowStep, WorkflowStepConfig } from 'cloudflare:workers'
import { canBeRetried, isActionError } from '@heap-edge/workflows'
import type { Steps } from './define.ts'
import type { StepReport } from './world.ts'

/** Tries after the first one. */
const RETRIES = 9
const LONGEST_PAUSE_MS = 600_000
/** One try takes no longer. */
const TIMEOUT_MS = 300_000

/** Characters of the name of a step. */
const MOST_NAME = 100

/** Bytes of the result of a step. */
const MOST_BYTES = 1_048_576

/** A result that cannot be kept: doing it again would give another one of that kind, and do twice what was done. */
class NotKept extends Error {}

/** What somebody threw, in words. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  return typeof thrown === 'string' ? thrown : 'Something else than an error was thrown'
}

/** The JSON of a result. */
function keptOf(result: unknown): string | undefined {
  let json: string | undefined
  try {
    json = JSON.stringify(result)
  } catch {
    throw new NotKept('It was done, but its result is not JSON')
  }
  if (json !== undefined && Buffer.byteLength(json) > MOST_BYTES) {
    throw new NotKept(`It was done, but its result is more than ${MOST_BYTES} bytes`)
  }
  return json
}

/**
 * @param report tells the ledger; a step is not done before it knows. Never rejects
 * @param firstPauseMs before the second try; then twice as long each time, up to ten minutes
 * @param hide takes secrets out of what an error says
 */
export function stepsOf(
  step: WorkflowStep,
  report: (report: StepReport) => Promise<void>,
  firstPauseMs: number,
  hide: (text: string) => string,
): Steps {
  return {
    async do<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
      if (name.length < 1 || name.length > MOST_NAME) {
        throw new Error(`The name of a step must have 1 to ${MOST_NAME} characters, not ${name.length}`)
      }
      let retryAfterMs: number | undefined
      const config: WorkflowStepConfig = {
        timeout: TIMEOUT_MS,
        retries: {
          limit: RETRIES,
          // Else the platform makes the pauses below longer each time.
          backoff: 'constant',
          delay: ({ ctx }) => {
            const pause = Math.min(firstPauseMs * 2 ** (ctx.attempt - 1), LONGEST_PAUSE_MS)
            return Math.max(pause, retryAfterMs ?? 0)
          },
        },
      }
      // What is not serializable does not compile there; here it is JSON, whatever it is.
      const result = await step.do(name, config, async ({ attempt }) => {
        await report({ name, state: 'running', attempts: attempt, problem: null })
        let json: string | undefined
        try {
          json = keptOf(await act())
        } catch (error) {
          const problem = hide(messageOf(error))
          const isLast = error instanceof NotKept || !canBeRetried(error) || attempt > RETRIES
          retryAfterMs = isActionError(error) ? error.retryAfterMs : undefined
          await report({ name, state: isLast ? 'errored' : 'failed', attempts: attempt, problem })
          throw isLast ? new NonRetryableError(problem) : new Error(problem)
        }
        // Not above: where the ledger fails, what was done is not to be done again.
        await report({ name, state: 'complete', attempts: attempt, problem: null })
        return { json }
      })
      return (result.json === undefined ? undefined : JSON.parse(result.json)) as Result
    },

    async sleep(name, ms) {
      // Of the same name as the sleep: a run that is ended in it begins again here.
      await step.do(name, async () => {
        await report({ name, state: 'waiting', attempts: 1, problem: null, until: Date.now() + ms })
      })
      await step.sleep(name, ms)
      await step.do(`${name}: end`, () => report({ name, state: 'complete', attempts: 1, problem: null }))
    },
  }
}
