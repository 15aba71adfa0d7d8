/**
 * What Heap, here the sandbox, holds: looked up once a second.
 * @module
 */
import { again } from './again.ts'
import { clock, element, make } from './dom.ts'
import { type Fault, showFaults } from './faults.ts'

const OFTEN_MS = 1000
const ACCOUNTS = 5

interface HeapEvent {
  event: string
  identity?: string
  user_id?: string
  properties: Record<string, unknown>
  received_at: string
}

interface Snapshot {
  stats: { events: number; users: number; accounts: number; duplicates: number }
  events: HeapEvent[]
  users: { identity?: string; properties: Record<string, unknown> }[]
  accounts: { account_id: string; properties: Record<string, unknown> }[]
  faults: Fault[]
}

/** Something of the sandbox. */
export async function lookUp<T>(route: string): Promise<T> {
  const response = await fetch(`/heap/${route}`)
  if (!response.ok) throw new Error('The sandbox does not answer.')
  return (await response.json()) as T
}

/** Looks for ever. `who` tells whose events are marked. */
export function showHeap(who: () => string | null): Promise<void> {
  return again(OFTEN_MS, async () => {
    const askedAt = performance.now()
    try {
      const snapshot = await lookUp<Snapshot>('snapshot')
      show(snapshot, who())
      showFaults(snapshot.faults, askedAt)
    } catch {
      element('heap-summary').textContent = 'The sandbox does not answer.'
    }
  })
}

function show({ stats, events, users, accounts }: Snapshot, me: string | null): void {
  const { duplicates } = stats
  const held = [many(stats.events, 'event'), many(stats.users, 'user'), many(stats.accounts, 'account')].join(', ')
  element('heap-summary').textContent =
    held + (duplicates ? `; ${many(duplicates, 'event')} came twice, and counted once.` : '.')

  const user = users.find(({ identity }) => identity === me)
  element('heap-user').replaceChildren(...(user ? [described(`User ${me}`, user.properties)] : []))
  element('heap-accounts').replaceChildren(
    ...accounts.slice(0, ACCOUNTS).map(({ account_id, properties }) => described(`Account ${account_id}`, properties)),
  )
  element('heap-events').replaceChildren(
    ...events.map(({ event, identity, user_id, properties, received_at }) => {
      const line = make('li', (identity ?? user_id) === me ? 'good' : 'other')
      line.append(
        make('time', '', clock(received_at)),
        make('b', 'event', event),
        make('span', 'whom', identity ?? `user_id ${user_id}`),
        chips(properties),
      )
      return line
    }),
  )
}

function many(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}

function described(name: string, properties: Record<string, unknown>): HTMLElement {
  const line = make('p', 'described', `${name} `)
  line.append(chips(properties))
  return line
}

function chips(properties: Record<string, unknown>): HTMLElement {
  const list = make('span', 'chips')
  for (const [key, value] of Object.entries(properties)) list.append(make('code', 'chip', `${key}: ${String(value)}`))
  return list
}
