/**
 * What Heap, here the sandbox, holds: looked up once a second while the page is seen.
 * @module
 */
import { clock, element, make } from './dom.ts'

interface HeapEvent {
  event: string
  identity?: string
  user_id?: string
  properties: Record<string, unknown>
  received_at: string | number
}

interface HeapUser {
  identity?: string
  properties: Record<string, unknown>
}

interface HeapAccount {
  account_id: string
  properties: Record<string, unknown>
}

/** A list of the sandbox, with its query. */
export async function lookUp<T>(list: string): Promise<T[]> {
  const response = await fetch(`/heap/${list}`)
  if (!response.ok) throw new Error('The sandbox does not answer.')
  return ((await response.json()) as Record<string, T[]>)[list.split('?')[0] ?? ''] ?? []
}

/** Looks for ever. `who` tells whose events are marked. */
export async function showHeap(who: () => string): Promise<void> {
  for (;;) {
    if (document.visibilityState === 'visible') await show(who()).catch(() => say('The sandbox does not answer.'))
    await new Promise((wake) => setTimeout(wake, 1000))
  }
}

function say(text: string): void {
  element('heap-summary').textContent = text
}

async function show(me: string): Promise<void> {
  const [events, users, accounts] = await Promise.all([
    lookUp<HeapEvent>('events?limit=50'),
    lookUp<HeapUser>('users?limit=100'),
    lookUp<HeapAccount>('accounts?limit=5'),
  ])
  const user = users.find(({ identity }) => identity === me)
  if (events.length + users.length + accounts.length > 0) say(user ? `${me} is a user of Heap:` : 'The latest events:')

  element('heap-user').replaceChildren(...(user ? [chips(user.properties, 'no properties yet')] : []))
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
  element('heap-accounts').replaceChildren(
    ...accounts.map(({ account_id, properties }) => {
      const line = make('p', 'account', `Account ${account_id} `)
      line.append(chips(properties))
      return line
    }),
  )
}

function chips(properties: Record<string, unknown>, none = ''): HTMLElement {
  const list = make('span', 'chips')
  for (const [key, value] of Object.entries(properties)) list.append(make('code', 'chip', `${key}: ${String(value)}`))
  if (!list.hasChildNodes()) list.textContent = none
  return list
}
