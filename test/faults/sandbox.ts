/**
 * The sandbox of a run: it fails as often as asked, and tells what it holds.
 * @module
 */
import { ownerOf } from './load.ts'
import type { Held, Maxima } from './verify.ts'

/** The most that it lists. */
export const MOST_LISTED = 100_000

/** Longer than the proxy waits for an answer, in ms. */
const HANGING_MS = 5000

/** The kinds of faults. The one that only delays is the last: it would not stand in the way of those after it. */
const FAULTS = [
  { status: 429 },
  { status: 429, retryAfter: 1 },
  { status: 500 },
  { status: 503 },
  { drop: 'before' },
  { drop: 'after' },
  { latencyMs: HANGING_MS },
]

/** From this number on each fault counts down how often it has hit. */
const TIMES = 1_000_000_000

export interface Stats {
  requests: number
  events: number
  duplicates: number
  max: Maxima
}

interface Row {
  app_id: string
  properties: { n?: number }
}

export interface Sandbox {
  stats(): Promise<Stats>
  /** How many requests a fault has hit. */
  faults(): Promise<number>
  /** The last values of the properties. */
  properties(): Promise<Pick<Held, 'users' | 'accounts'>>
  /** All events, in the order in which they arrived. */
  events(): Promise<Held['events']>
}

/**
 * Makes a running sandbox fail from now on.
 *
 * @param errorRate the share of the requests that a fault hits, evenly split over the kinds
 */
export async function failingSandbox(url: string, errorRate: number): Promise<Sandbox> {
  const get = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await fetch(`${url}/_sandbox/${path}`, init)
    if (!response.ok) throw new Error(`/_sandbox/${path} was answered ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
  const list = async <Name extends 'events' | 'users' | 'accounts', Extra>(name: Name) =>
    (await get<Record<Name, (Row & Extra)[]>>(`${name}?limit=${MOST_LISTED}`))[name]

  const share = errorRate / FAULTS.length
  for (const [index, fault] of FAULTS.entries()) {
    // Each dice is thrown only where those before it have not hit.
    const rate = share / (1 - index * share)
    await get('faults', { method: 'POST', body: JSON.stringify({ ...fault, rate, times: TIMES }) })
  }

  return {
    stats: () => get<Stats>('stats'),
    faults: async () => {
      const { faults } = await get<{ faults: { times: number }[] }>('snapshot')
      return faults.reduce((sum, { times }) => sum + TIMES - times, 0)
    },
    properties: async () => {
      const users = await list<'users', { identity?: string }>('users')
      const accounts = await list<'accounts', { account_id: string }>('accounts')
      return {
        users: users.map(({ app_id, identity = '', properties }) => ({
          owner: ownerOf(app_id, identity),
          n: properties.n,
        })),
        accounts: accounts.map(({ app_id, account_id, properties }) => ({
          owner: ownerOf(app_id, account_id),
          n: properties.n,
        })),
      }
    },
    events: async () => {
      const events = await list<'events', { identity?: string }>('events')
      return events
        .map(({ app_id, identity = '', properties }) => ({ owner: ownerOf(app_id, identity), n: properties.n }))
        .toReversed()
    },
  }
}
