/**
 * Which workflows something triggers. Pure.
 * @module
 */
import { flattenEvent } from '@heap-edge/workflows'
import { contentKey } from '../json.ts'
import type { ActiveWorkflow } from '../workflows/active.ts'
import type { DeletionEvent, EventInput, SegmentInput, Trigger, Workflow } from '../workflows/define.ts'
import type { Triggered } from '../workflows/world.ts'
import type { Sync } from './pages.ts'

export type Workflows = ReadonlyMap<string, ActiveWorkflow>

/** In ms. */
const SAME_MS = 600_000

/** The workflows with a trigger of this kind. */
export function triggeredBy<Kind extends Trigger['kind']>(
  workflows: Workflows,
  kind: Kind,
): (Workflow & { trigger: Extract<Trigger, { kind: Kind }> })[] {
  const all = Array.from(workflows.values(), ({ workflow }) => workflow)
  return all.filter((workflow) => workflow.trigger.kind === kind) as never
}

/** Of an event that Heap's webhook brought. @param body as it came, by which it is known again */
export function eventRuns(workflows: Workflows, body: Record<string, unknown>): Triggered[] {
  const input: EventInput = { event: typeof body.event === 'string' ? body.event : '', properties: flattenEvent(body) }
  return triggeredBy(workflows, 'event')
    .filter(({ trigger }) => trigger.event === '*' || trigger.event === input.event)
    .map(({ name }) => byContent(name, 'event', input))
}

/** What is known again by its content, for ten minutes: neither Heap nor others number what they post. */
export function byContent(workflow: string, trigger: string, input: unknown): Triggered {
  return { workflow, trigger, key: contentKey(input), windowMs: SAME_MS, input: JSON.stringify(input) }
}

/** Of a segment sync of which all pages are there. */
export function segmentRuns(workflows: Workflows, task: string, sync: Sync): Triggered[] {
  return ofSegment(workflows, sync.segment).flatMap(({ name, trigger: { change } }): Triggered[] => {
    const users = change === 'drained' ? [] : sync[change]
    if (users.length === 0) return []
    const input: SegmentInput = { segment: sync.segment, users }
    return [{ workflow: name, trigger: 'segment', key: task, input: JSON.stringify(input) }]
  })
}

/**
 * Of a segment that is empty now. Heap does not number what says so, and says it again where it heard no answer.
 *
 * @param filledAt when the newest page of it came: what is said before and after that is not the same
 */
export function drainRuns(workflows: Workflows, segment: Sync['segment'], filledAt: number): Triggered[] {
  const input: SegmentInput = { segment, users: [] }
  return ofSegment(workflows, segment)
    .filter(({ trigger }) => trigger.change === 'drained')
    .map(({ name }) => ({ ...byContent(name, 'segment', input), key: contentKey([input, filledAt]) }))
}

function ofSegment(workflows: Workflows, { name }: Sync['segment']) {
  return triggeredBy(workflows, 'segment').filter(({ trigger: { segment } }) => segment === '*' || segment === name)
}

/** Of a notice about a deletion, in the form in which a webhook gets it. */
export function deletionRuns(workflows: Workflows, noticeId: string, body: string): Triggered[] {
  const { type, data } = JSON.parse(body) as { type: string; data: object }
  const event = type.replace(/^deletion\./, '') as DeletionEvent
  return triggeredBy(workflows, 'deletion')
    .filter(({ trigger }) => trigger.event === event)
    .map(({ name }) => ({ workflow: name, trigger: 'deletion', key: noticeId, input: JSON.stringify(data) }))
}
