/**
 * Instances of Cloudflare Workflows, as the ledger of runs asks for them.
 * @module
 */
import type { PlatformState, RunsWorld } from './runs.ts'

/** So long the platform keeps what it knows of an instance that is over. */
const RETENTION = { successRetention: '7 days', errorRetention: '30 days' } as const

const GOING = new Set(['queued', 'running', 'paused', 'waiting', 'waitingForPause'])

export function platformOf(workflows: Workflow): Pick<RunsWorld, 'start' | 'restart' | 'revive' | 'state'> {
  const isThere = async (id: string) => {
    try {
      await workflows.get(id)
      return true
    } catch {
      return false
    }
  }
  return {
    async start(id) {
      try {
        await workflows.create({ id, retention: RETENTION })
      } catch (error) {
        // Asked for before, by whoever died then.
        if (!(await isThere(id))) throw error
      }
    },

    async restart(id, step) {
      const instance = await workflows.get(id)
      await instance.restart(step === undefined ? undefined : { from: { name: step } })
    },

    // On workerd by itself an instance does not go on after a restart; on Cloudflare it does.
    async revive(id) {
      const instance = await workflows.get(id)
      await instance.pause()
      await instance.resume()
    },

    async state(id): Promise<PlatformState> {
      if (!(await isThere(id))) return 'gone'
      const { status } = await (await workflows.get(id)).status()
      if (status === 'complete') return 'complete'
      return GOING.has(status) ? 'going' : 'gone'
    },
  }
}
