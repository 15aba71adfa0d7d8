/**
 * A run, as an instance of Cloudflare Workflows. It is started by the ledger, which has its input: an instance's own may have 1 MiB.
 * @module
 */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers'
import { hidden } from '@heap-edge/workflows'
import { app } from '../app.ts'
import { type Config, configOf } from '../config.ts'
import { deletionLedger } from '../deletions/durable.ts'
import { fingerprintOf } from '../deletions/request.ts'
import type { Env } from '../env.ts'
import type { Run } from './define.ts'
import { workflowLedger } from './durable.ts'
import { stepsOf } from './steps.ts'

/** Characters of a setting that may be a secret: what is shorter stands in other words, too. */
const LEAST_SECRET = 6

export class WorkflowRun extends WorkflowEntrypoint<Env> {
  override async run({ instanceId: id }: WorkflowEvent<unknown>, step: WorkflowStep): Promise<void> {
    const ledger = workflowLedger(this.env)
    const config = configOf(this.env)
    const { workflow: name, text, at } = (await ledger.input(id)) ?? {}
    const active = config.workflows.get(name ?? '')
    if (!active || text === undefined || at === undefined) {
      return ledger.change(id, 'errored', active ? 'Its input is gone' : `There is no workflow ${name} any more`)
    }
    const { workflow, settings } = active
    const secrets = Object.values(settings).filter((value) => value.length >= LEAST_SECRET)
    const hide = (text: string) => hidden(text, secrets)
    const run: Run<never> = {
      id,
      input: JSON.parse(text) as never,
      at: new Date(at),
      settings,
      step: stepsOf(step, (report) => ledger.step(id, report), config.workflowRetryMs, hide),
      proxy: this.#proxy(config),
      deleteUsers: async (users) => {
        const created = await deletionLedger(this.env).create(users, fingerprintOf(users), `run ${id}`)
        if (created.outcome === 'conflict') throw new Error('This run has had other users deleted')
        return { id: created.deletion.id }
      },
    }
    try {
      await workflow.run(run)
    } catch (error) {
      const problem = hide(error instanceof Error ? error.message : 'Something else than an error was thrown')
      await ledger.change(id, 'errored', problem)
      throw error
    }
    await ledger.change(id, 'complete', null)
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
