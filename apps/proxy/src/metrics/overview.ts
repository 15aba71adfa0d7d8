/**
 * How everything stands now: outbox, deletions, runs, records that were set aside. Who does not answer in time is left out, so
 * that what is wrong with one thing hides no other.
 * @module
 */
import { EVENTS_PER_IDENTITY, isObject, REQUESTS_PER_IDENTITY } from '@heap-edge/contract'
import { configOf } from '../config.ts'
import { deletionLedger } from '../deletions/durable.ts'
import type { Env } from '../env.ts'
import type { Place } from '../outbox/durable.ts'
import { outboxShard, placesOf, setAsideId } from '../outbox/shards.ts'
import type { SetAsideRow } from '../outbox/sql.ts'
import type { OutboxStatus } from '../outbox/world.ts'
import { workflowLedger } from '../workflows/durable.ts'
import type { RunDetail } from '../workflows/world.ts'
import type { AsideState, RunState, ShardState, State } from './types.ts'

export type Overview = Omit<State, 'totals' | 'busiest'>

/** Rows of each list, steps of a run, characters of a text: what is sent stays small. */
const SHOWN = 20
const SHOWN_STEPS = 20
const SHOWN_ERRORED = 10
const SHOWN_CHARACTERS = 300
const SHOWN_OF_RECORD = 1000

/** How long anybody may take to answer, in ms. */
const PATIENCE_MS = 1500

export async function overviewOf(env: Env): Promise<Overview> {
  const places = placesOf(configOf(env))
  const [statuses, deletions, runs] = await Promise.all([
    Promise.all(
      places.map(async (place) => ({
        place,
        status: await inTime(outboxShard(env, place.app_id, place.shard).status(place)),
      })),
    ),
    inTime(deletionsOf(env)),
    inTime(runsOf(env)),
  ])
  return {
    at: new Date().toISOString(),
    limits: {
      requests: REQUESTS_PER_IDENTITY.limit,
      requests_s: REQUESTS_PER_IDENTITY.windowMs / 1000,
      events: EVENTS_PER_IDENTITY.limit,
      events_s: EVENTS_PER_IDENTITY.windowMs / 1000,
    },
    shards: statuses.map(({ place, status }) => shardState(place, status)),
    deletions: deletions ?? null,
    runs: runs ?? null,
    set_aside: {
      count: statuses.reduce((sum, { status }) => sum + (status?.setAside ?? 0), 0),
      oldest: await asideOf(
        env,
        statuses.filter(({ status }) => status && status.setAside > 0).map(({ place }) => place),
      ),
    },
  }
}

function shardState(place: Place, status: OutboxStatus | undefined): ShardState {
  if (!status) {
    const problem = 'This shard did not answer in time'
    return { ...place, depth: null, oldest_age_s: null, set_aside: 0, failures: 0, problem, next_attempt: null }
  }
  const { depth, oldestAgeMs, setAside, failures, problem, notBefore } = status
  return {
    ...place,
    depth,
    oldest_age_s: oldestAgeMs === null ? null : Math.round(oldestAgeMs / 1000),
    set_aside: setAside,
    failures,
    problem: cut(problem),
    next_attempt: iso(notBefore),
  }
}

async function asideOf(env: Env, places: readonly Place[]): Promise<AsideState[]> {
  const oldest: AsideState[] = []
  for (const place of places) {
    const left = SHOWN - oldest.length
    if (left === 0) break
    const rows = (await inTime(outboxShard(env, place.app_id, place.shard).listSetAside(place, 0, left))) ?? []
    for (const row of rows) oldest.push(asideState(place, row))
  }
  return oldest
}

function asideState(
  place: Place,
  { id, owner, path, body, set_aside_at, why, status, reason }: SetAsideRow,
): AsideState {
  const record: unknown = JSON.parse(body)
  return {
    id: setAsideId(place, id),
    app_id: place.app_id,
    path,
    event: isObject(record) && typeof record.event === 'string' ? cut(record.event) : null,
    ...ownerOf(owner),
    set_aside_at: new Date(set_aside_at).toISOString(),
    why,
    status,
    reason: cut(reason),
    record: cut(JSON.stringify(record, null, 2), SHOWN_OF_RECORD),
  }
}

/** Whose key that is. */
export function ownerOf(key: string): { kind: string; who: string } {
  const end = key.indexOf(':')
  return { kind: key.slice(0, end), who: key.slice(end + 1) }
}

async function deletionsOf(env: Env): Promise<NonNullable<Overview['deletions']>> {
  const { counts, newest } = await deletionLedger(env).summary(SHOWN)
  return {
    counts,
    newest: newest.map(({ id, state, users, overdue, accepted_at, ended_at, problem }) => ({
      id,
      state,
      users,
      overdue: overdue === 1,
      accepted_at: new Date(accepted_at).toISOString(),
      ended_at: iso(ended_at),
      problem: cut(problem),
    })),
  }
}

/** Runs that have failed come first, since somebody has to do something about them. */
async function runsOf(env: Env): Promise<NonNullable<Overview['runs']>> {
  const { counts, newest, errored } = await workflowLedger(env).summary(SHOWN, SHOWN_ERRORED)
  const failed = new Set(errored.map(({ id }) => id))
  const others = newest.filter(({ id }) => !failed.has(id))
  return { counts, newest: [...errored, ...others].slice(0, SHOWN).map(runState) }
}

function runState({ id, workflow, trigger, state, created_at, ended_at, problem, steps }: RunDetail): RunState {
  return {
    id,
    workflow,
    trigger,
    state,
    created_at: new Date(created_at).toISOString(),
    ended_at: iso(ended_at),
    problem: cut(problem),
    steps: steps.slice(-SHOWN_STEPS).map(({ name, state, attempts, problem }) => ({
      name,
      state,
      attempts,
      problem: cut(problem),
    })),
  }
}

/** What somebody answers; nothing where it is an error, or takes too long. */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  return Promise.race([answer.catch(() => undefined), late]).finally(() => clearTimeout(timer))
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())

function cut<Text extends string | null>(text: Text, most = SHOWN_CHARACTERS): Text | string {
  return text !== null && text.length > most ? `${text.slice(0, most)}…` : text
}
