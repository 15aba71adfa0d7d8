/**
 * A run, as an instance of Cloudflare Workflows. It is started by the ledger, which has its input: an instance's own may have 1 MiB.
 * @module
 */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers'
import { NonRetryableError } from 'cloudflare:workflows'
import { hidden } from '@heap-edge/workflows'
import { app } from '../app.ts'
import { type Config, configOf } from '../config.ts'
import { deletionLedger } from '../deletions/durable.ts'
import { fingerprintOf } from '../deletions/request.ts'
import type { Env } from '../env.ts'
import { logError } from '../log.ts'
import type { Run } from './define.ts'
import { workflowLedger } from './durable.ts'
import { holding } from './locks.ts'
import { patiently } from './patiently.ts'
import { isInterruption } from './platform.ts'
import { BETWEEN_STEPS } from './runs.ts'
import { messageOf, stepsOf } from './steps.ts'
import type { StepReport } from './world.ts'

/** Characters of what a run says that it left undone. */
const MOST_UNDONE = 1000

/** Characters of a setting that may be a secret: what is shorter stands in other words, too. */
const LEAST_SECRET = 6

export class WorkflowRun extends WorkflowEntrypoint<Env> {
  override async run({ instanceId: id }: WorkflowEvent<unknown>, step: WorkflowStep): Promise<void> {
    const ledger = () => workflowLedger(this.env)
    let secrets: string[] = []
    const hide = (text: string) => hidden(text, secrets)
    let undone: unknown
    try {
      await patiently(() => ledger().change(id, 'running', null))
      const config = configOf(this.env)
      const { workflow: name, text, at = 0 } = (await patiently(() => ledger().input(id))) ?? {}
      const { workflow, settings = {} } = config.workflows.get(name ?? '') ?? {}
      const hideable = Object.values(settings).filter((value) => value.length >= LEAST_SECRET)
      secrets = [...hideable, ...hideable.map(encodeURIComponent)]
      if (text === undefined) throw new Error('Its input is gone')
      if (!workflow) throw new Error(config.silent.get(name ?? '') ?? `There is no workflow ${name} any more`)
      undone = await workflow.run({
        id,
        input: JSON.parse(text) as never,
        at: new Date(at),
        settings,
        step: stepsOf(step, (report) => this.#tell(id, report), config.workflowRetryMs, hide),
        proxy: this.#proxy(config),
        alone: (name, act) => holding(ledger(), name, crypto.randomUUID(), (ms) => scheduler.wait(ms), act),
        deleteUsers: async (users) => {
          const created = await deletionLedger(this.env).create(users, fingerprintOf(users), `run ${id}`)
          if (created.outcome === 'conflict') throw new Error('This run has had other users deleted')
          return { id: created.deletion.id }
        },
      })
    } catch (error) {
      if (isInterruption(error)) throw error
      const problem = hide(messageOf(error))
        // As a step that failed for good comes back.
        .replace(/^NonRetryableError: /, '')
      const fail = () => Promise.reject(new NonRetryableError(problem))
      await step.do(BETWEEN_STEPS, fail).catch(() => {})
      await patiently(() => ledger().change(id, 'errored', problem))
      return fail()
    }
    // What else it resolves with is its own.
    const problem = typeof undone === 'string' && undone !== '' ? hide(undone).slice(0, MOST_UNDONE) : null
    await patiently(() => ledger().change(id, 'complete', problem))
  }

  /** Where the ledger stays away, the run goes on all the same. */
  async #tell(id: string, report: StepReport): Promise<void> {
    try {
      await patiently(() => workflowLedger(this.env).step(id, report))
    } catch (error) {
      logError('step of a workflow', error)
    }
  }

  /** What the actions of `heap` send goes the way of all records, without leaving the Worker. */
  #proxy({ appId, adminToken }: Config): Run<never>['proxy'] {
    const fetch = (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init)
      // Where identities have to be proven, it does.
      if (adminToken !== undefined) request.headers.set('Authorization', `Bearer ${adminToken}`)
      return Promise.resolve(app.fetch(request, this.env, this.ctx))
    }
    return { appId, endpoint: 'https://heap-edge.internal', fetch }
  }
}
