/**
 * How one shard, identity, deletion, run or record that was set aside looks.
 * @module
 */
import { make } from '@heap-edge/page/dom'
import { count, line, timeOf } from '@heap-edge/page/rows'
import type {
  AsideState,
  BusyState,
  DeletionState,
  RunState,
  ShardState,
  State,
  StepState,
} from '../src/metrics/types.ts'
import { actionButton, sureButton } from './actions.ts'

/** Which badge a state has. */
const LOOKS: Record<string, 'good' | 'wait' | 'bad'> = {
  complete: 'good',
  failed: 'bad',
  errored: 'bad',
  timed_out: 'bad',
}

function badge(state: string): HTMLElement {
  return make('span', `badge ${LOOKS[state] ?? 'wait'}`, state.replace('_', ' '))
}

function problemOf(problem: string | null): HTMLElement[] {
  return problem === null ? [] : [make('p', 'wrong', problem)]
}

/** A bar: the value against the most, `low` and above it `high` in other colours. */
function bar(
  value: number,
  { max, low, high }: { max: number; low: number; high: number },
  label: string,
): HTMLElement {
  const meter = document.createElement('meter')
  Object.assign(meter, { min: 0, max, low, high, optimum: 0, value: Math.min(value, max) })
  meter.setAttribute('aria-label', label)
  return meter
}

/** How many are in each state, as chips. */
export function countChips(counts: Record<string, number>): HTMLElement[] {
  return Object.entries(counts)
    .filter(([, many]) => many > 0)
    .map(([state, many]) =>
      make('li', 'chip', make('span', 'key', state.replace('_', ' ')), ' ', many.toLocaleString('en')),
    )
}

/** @example ageOf(125) // '2 min' */
export function ageOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`
}

/** A shard, or the environment of those that follow. */
export type ShardItem = (ShardState & { deepest: number }) | { app_id: string }

export function shardItem(item: ShardItem): HTMLElement {
  return 'shard' in item ? shardRow(item) : make('li', 'environment muted', `Environment ${item.app_id}`)
}

/** @param item.deepest the depth that fills a bar */
function shardRow({ shard, depth, oldest_age_s, problem, failures, deepest }: ShardState & { deepest: number }) {
  const waits = depth !== null && depth > 0
  return make(
    'li',
    failures > 0 ? 'shard failing' : 'shard',
    line(
      make('span', 'muted', `Shard ${shard}`),
      make(
        'span',
        'end amount',
        depth === null ? '?' : depth.toLocaleString('en'),
        ...(waits && oldest_age_s !== null ? [make('span', 'muted', ` · ${ageOf(oldest_age_s)}`)] : []),
      ),
    ),
    bar(
      depth ?? 0,
      { max: deepest, low: deepest, high: deepest },
      `Shard ${shard}: ${depth === null ? 'unknown' : count(depth, 'record')}`,
    ),
    ...(failures > 0 || depth === null ? problemOf(problem) : []),
  )
}

function whoOf(kind: string, who: string): HTMLElement {
  return make('span', kind === 'user_id' ? 'anonymous' : 'who', nameOf(kind, who))
}

function nameOf(kind: string, who: string): string {
  if (kind === 'identity') return who
  return kind === 'account' ? `account ${who}` : `anonymous ${who}`
}

export function busyRow({ app_id, kind, who, requests, events }: BusyState, limits: State['limits']): HTMLElement {
  const amount = (value: number, limit: number, unit: string) =>
    make(
      'div',
      '',
      make(
        'span',
        value > limit ? 'amount over' : 'amount',
        `${value.toLocaleString('en')} / ${limit.toLocaleString('en')} ${unit}`,
      ),
      bar(value, { max: limit, low: limit * 0.8, high: limit * 0.99 }, `${value} of ${limit} ${unit}`),
    )
  return make(
    'li',
    'row',
    line(whoOf(kind, who), make('span', 'end muted', app_id)),
    make('div', 'pair-of-bars', amount(requests, limits.requests, 'requests'), amount(events, limits.events, 'events')),
  )
}

export function deletionRow({ id, state, users, overdue, accepted_at, ended_at, problem }: DeletionState): HTMLElement {
  return make(
    'li',
    'row',
    line(
      badge(state),
      count(users, 'user'),
      ...(overdue && ended_at === null ? [make('span', 'badge bad', 'overdue')] : []),
      make('span', 'end', timeOf(ended_at ?? accepted_at)),
    ),
    make('code', 'id', id),
    ...(state === 'complete' ? [] : problemOf(problem)),
  )
}

function stepRow({ name, state, attempts, problem }: StepState): HTMLElement {
  return make(
    'li',
    '',
    line(badge(state), name, ...(attempts > 1 ? [make('span', 'muted small', count(attempts, 'attempt'))] : [])),
    ...problemOf(problem),
  )
}

export function runRow({ id, workflow, trigger, state, created_at, problem, steps }: RunState): HTMLElement {
  const route = `workflows/${encodeURIComponent(id)}/retry`
  const retry = { text: 'Retry', about: `${workflow} of ${created_at}`, method: 'POST', route } as const
  const isTold = steps.some((step) => step.problem !== null && problem?.includes(step.problem))
  return make(
    'li',
    'row',
    line(
      badge(state),
      make('span', 'name', workflow),
      make('span', 'tag', trigger),
      make('span', 'end', timeOf(created_at)),
    ),
    make('code', 'id', id),
    ...(steps.length > 0 ? [make('ul', 'steps', ...steps.map(stepRow))] : []),
    ...(isTold ? [] : problemOf(problem)),
    ...(state === 'errored' ? [make('div', 'buttons', actionButton(retry))] : []),
  )
}

const REASONS: Record<string, string> = { refused: 'Heap refused it', expired: 'It waited too long' }

/** Records that were sent again from this page. They have another id where they come back. */
const retried = new Set<string>()

const contentOf = ({ app_id, path, record }: AsideState) => `${app_id} ${path} ${record}`

/** Notes that these are sent again. */
export function noteRetried(all: readonly AsideState[]): void {
  for (const aside of all) retried.add(contentOf(aside))
}

export function asideRow(aside: AsideState): HTMLElement {
  const { id, app_id, path, event, kind, who, set_aside_at, why, status, reason, record } = aside
  const summary = make('summary', '', 'Record')
  const about = `${event ?? path} of ${nameOf(kind, who)}`
  summary.setAttribute('aria-label', `Record ${about}`)
  const again = retried.has(contentOf(aside)) ? 'Sent again: ' : ''
  const begins = () => noteRetried([aside])
  return make(
    'li',
    'row',
    line(
      ...(event === null ? [] : [make('span', 'name', event)]),
      whoOf(kind, who),
      make('span', 'end', timeOf(set_aside_at)),
    ),
    line(make('code', '', path), make('span', 'tag', app_id)),
    make(
      'p',
      'wrong',
      `${again}${REASONS[why] ?? why}${status === null ? '' : ` (${status})`}${reason === null ? '' : `: ${reason}`}`,
    ),
    make('details', 'small', summary, make('pre', '', make('code', '', record))),
    make(
      'div',
      'buttons',
      actionButton({ text: 'Retry', about, method: 'POST', route: 'outbox/retry', body: { ids: [id] }, begins }),
      sureButton({ text: 'Discard', about, method: 'DELETE', route: `outbox/${encodeURIComponent(id)}` }),
    ),
  )
}
