/**
 * Which workflows run: those whose settings are there. Pure.
 * @module
 */
import { isOptionError } from '@heap-edge/workflows'
import { Cron } from 'croner'
import type { Workflow } from './define.ts'

/** Leaves room for the rest of an instance's id, of which Cloudflare takes 100 characters. */
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/

/** A workflow and what of the settings is its own. */
export interface ActiveWorkflow {
  workflow: Workflow
  settings: Record<string, string>
}

/**
 * @param env where the settings are
 * @returns the workflows that are switched on, by name; what those that are not lack, in a sentence; and a sentence for each mistake
 */
export function activeWorkflows(
  workflows: readonly Workflow[],
  env: Record<string, unknown>,
): { active: Map<string, ActiveWorkflow>; silent: Map<string, string>; problems: string[] } {
  const active = new Map<string, ActiveWorkflow>()
  const silent = new Map<string, string>()
  const problems: string[] = []
  const names = new Set<string>()
  const isSet = (name: string) => typeof env[name] === 'string' && env[name] !== ''
  for (const workflow of workflows) {
    const { name, needs, uses, trigger } = workflow
    const refuse = (problem: string) => problems.push(`The workflow ${name} ${problem}`)
    if (!NAME.test(name)) refuse('needs a name of lower case letters, digits and hyphens, at most 40')
    if (names.has(name)) refuse('is there twice')
    names.add(name)
    if (trigger.kind === 'schedule' && !isCron(trigger.cron)) refuse('has a cron expression that is none')

    const missing = needs.filter((setting) => !isSet(setting))
    if (missing.length > 0) {
      silent.set(name, `The workflow ${name} needs ${missing.join(' and ')}, which is not set`)
      if (missing.length < needs.length) refuse(`needs ${missing.join(' and ')} as well`)
      continue
    }
    const given = [...needs, ...uses].filter(isSet)
    const settings = Object.fromEntries(given.map((setting) => [setting, env[setting] as string]))
    try {
      workflow.check(settings)
      active.set(name, { workflow, settings })
    } catch (error) {
      // Its message names the option and not its value; that of others may show it.
      const why = isOptionError(error) ? error.message : 'does not take them'
      refuse(`finds a mistake in ${given.join(', ') || 'its settings'}: ${why}`)
    }
  }
  return { active, silent, problems }
}

function isCron(expression: string): boolean {
  try {
    return expression.trim().split(/\s+/).length === 5 && new Cron(expression, { paused: true }).nextRun() !== null
  } catch {
    return false
  }
}
