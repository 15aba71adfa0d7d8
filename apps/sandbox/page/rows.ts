/**
 * How one user, event, account, deletion or request looks.
 * @module
 */
import type {
  SandboxAccount,
  SandboxDeletion,
  SandboxEvent,
  SandboxRequest,
  SandboxUser,
  Shortened,
  StoredProperties,
} from '../src/types.ts'
import { make } from '@heap-edge/page/dom'
import { count, line, timeOf } from '@heap-edge/page/rows'

/** The environment that needs no mention. */
const MAIN_PRODUCTION = '123456789'
const SHOWN_NAMES = 3

/** Whose it is, and in which environment where that is not the main one. */
function whoOf(thing: { identity?: string; user_id?: string }): HTMLElement {
  if (thing.identity !== undefined) return make('span', 'who', thing.identity)
  return make('span', 'who anonymous', `anonymous ${thing.user_id}`)
}

function environmentOf(appId: string | undefined): HTMLElement[] {
  return appId === undefined || appId === MAIN_PRODUCTION ? [] : [make('span', 'tag', `app_id ${appId}`)]
}

function chips({ properties, more }: { properties: StoredProperties; more: number }): HTMLElement[] {
  const all = Object.entries(properties).map(([name, value]) => {
    const chip = make('li', 'chip', make('span', 'key', name), ' ', make('span', 'value', String(value)))
    chip.title = `${name}: ${value}`
    return chip
  })
  if (more > 0) all.push(make('li', 'chip rest', `and ${more} more`))
  return all.length ? [make('ul', 'chips', ...all)] : []
}

export function userRow(user: Shortened<SandboxUser>): HTMLElement {
  const [first] = user.user_ids
  const ids = user.identity === undefined ? [] : user.user_ids
  return make(
    'li',
    'row',
    line(
      whoOf({ ...user, ...(first !== undefined && { user_id: first }) }),
      ...environmentOf(user.app_id),
      make('span', 'end muted', count(user.events, 'event')),
    ),
    ...chips(user),
    line(
      make('span', 'muted small', 'last seen ', timeOf(user.last_seen)),
      ...(ids.length ? [make('span', 'muted small', `was anonymous ${namesOf(ids)}`)] : []),
    ),
  )
}

export function eventRow(event: Shortened<SandboxEvent>): HTMLElement {
  return make(
    'li',
    'row',
    line(
      make('span', 'name', event.event),
      whoOf(event),
      ...environmentOf(event.app_id),
      make('span', 'end', timeOf(event.received_at)),
    ),
    ...chips(event),
  )
}

export function accountRow(account: Shortened<SandboxAccount>): HTMLElement {
  return make(
    'li',
    'row',
    line(
      make('span', 'who', account.account_id),
      ...environmentOf(account.app_id),
      make('span', 'end', timeOf(account.last_seen)),
    ),
    ...chips(account),
  )
}

/** @param complete what the button of a pending one does */
export function deletionRow(deletion: SandboxDeletion, complete: (id: string) => void): HTMLElement {
  const pending = deletion.status === 'pending'
  const badge = make('span', pending ? 'badge wait' : 'badge good', deletion.status)
  const names = deletion.users.map((user) => ('identity' in user ? user.identity : `anonymous ${user.user_id}`))
  const row = make(
    'li',
    'row',
    line(
      badge,
      make('span', 'who', namesOf(names, deletion.count)),
      make('span', 'end', timeOf(deletion.requested_at)),
    ),
  )
  if (pending) {
    const button = make('button', '', 'Complete it now')
    button.setAttribute('type', 'button')
    button.addEventListener('click', () => complete(deletion.deletion_request_id))
    row.append(
      line(
        make('span', 'muted small', 'completes by itself at ', timeOf(deletion.due_at)),
        make('span', 'end', button),
      ),
    )
  }
  return row
}

/** Requests that follow each other and differ only in their time, as one. */
export interface Requests extends SandboxRequest {
  /** The oldest of them, which stays the same when more follow. */
  first: number
  times: number
}

/** Puts equal neighbours together, so that one busy client does not hide everything else. */
export function folded(requests: readonly SandboxRequest[]): Requests[] {
  const all: Requests[] = []
  const looks = ({ method, path, status, note, identities }: SandboxRequest) =>
    JSON.stringify([method, path, status, note, identities])
  for (const request of requests) {
    const last = all.at(-1)
    if (last && looks(last) === looks(request)) {
      last.times++
      last.first = request.id
    } else all.push({ ...request, first: request.id, times: 1 })
  }
  return all
}

export function requestRow(request: Requests): HTMLElement {
  const { status, times } = request
  const good = status !== null && status < 400
  return make(
    'li',
    'row',
    line(
      make('span', good ? 'badge good' : 'badge bad', status === null ? 'cut' : String(status)),
      make('code', '', `${request.method} ${request.path}`),
      ...(times > 1 ? [make('span', 'tag', `${times} times`)] : []),
      make('span', 'muted small', namesOf(request.identities)),
      make('span', 'end', timeOf(request.received_at)),
    ),
    line(make('span', 'small', request.note ?? '')),
  )
}

/** The first few names, and how many more there are. */
function namesOf(names: readonly string[], all = names.length): string {
  const shown = names.slice(0, SHOWN_NAMES).join(', ')
  const more = all - Math.min(names.length, SHOWN_NAMES)
  return more > 0 ? `${shown} and ${more.toLocaleString('en')} more` : shown
}
