/**
 * Instances of Cloudflare Workflows, as the ledger of runs asks for them.
 * @module
 */
import type { PlatformState, RunsWorld } from './world.ts'

/**
 * So long the platform keeps what it knows of an instance that is complete: as long as it may on Workers Free. One that failed it
 * keeps as long as the plan allows, 3 or 30 days, which is its default.
 */
const RETENTION = { successRetention: '3 days' } as const

/** What the platform says to a run that it stops and has go on later. All else that it says is the end of it. */
const INTERRUPTION = /^Aborting engine: (User called (pause|restart)|Grace period complete)$/

/** Whether a run goes on, in spite of what was thrown. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && INTERRUPTION.test(error.message)
}

const GOING = new Set(['queued', 'running', 'paused', 'waiting', 'waitingForPause'])

export function platformOf(workflows: Workflow): Pick<RunsWorld, 'start' | 'restart' | 'revive' | 'state'> {
  const create = (id: string) => workflows.create({ id, retention: RETENTION })

  /** Nothing where there is none. Throws what else the platform says: that it is away means nothing for the instance. */
  async function find(id: string): Promise<WorkflowInstance | undefined> {
    try {
      return await workflows.get(id)
    } catch (error) {
      if (/not.found/i.test(String(error))) return undefined
      throw error
    }
  }

  async function revive(id: string): Promise<void> {
    const instance = await find(id)
    // It was asked for, and died before anything of it was stored.
    if (!instance) return void (await create(id))
    const { status } = await instance.status()
    if (status === 'paused') return instance.resume()
    if (GOING.has(status)) await instance.sendEvent({ type: 'go-on', payload: null })
  }

  return {
    async start(id) {
      try {
        await create(id)
      } catch (error) {
        if (!(await find(id))) throw error
        // Asked for before, by whoever died then, and it perhaps as well.
        await revive(id)
      }
    },

    async restart(id, step) {
      const instance = await find(id)
      if (!instance && step !== undefined) return false
      try {
        if (instance) await instance.restart(step === undefined ? undefined : { from: { name: step, type: 'do' } })
        else await create(id)
        return true
      } catch (error) {
        // It ended where the ledger knows of no step that failed: then it can only begin anew.
        if (/not found in execution history/.test(String(error))) return false
        throw error
      }
    },

    // On workerd by itself an instance does not go on after a restart; on Cloudflare it does. An event that nobody waits for has it
    // go on, and does nothing to one that does already.
    revive,

    async state(id): Promise<PlatformState> {
      const instance = await find(id)
      if (!instance) return 'gone'
      const { status } = await instance.status()
      if (status === 'complete') return 'complete'
      if (GOING.has(status)) return 'going'
      if (status === 'errored' || status === 'terminated') return 'gone'
      throw new Error(`The platform says ${status} of it`)
    },
  }
}
