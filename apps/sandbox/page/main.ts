/**
 * Keeps the page in step with the sandbox: asks once a second while somebody looks.
 * @module
 */
import type { Fault, Snapshot } from '../src/types.ts'
import { byId, keyedList, setText } from '@heap-edge/page/dom'
import { startPlot } from './plot.ts'
import { accountRow, deletionRow, eventRow, folded, requestRow, type Requests, userRow } from './rows.ts'
import { startWebhooks } from './webhooks.ts'

const EVERY_MS = 1000

const drawRate = startPlot()
const showUsers = keyedList('users', (user: Snapshot['users'][number]) => keyOfUser(user), userRow)
const showEvents = keyedList('events', (event: Snapshot['events'][number]) => String(event.id), eventRow)
const showAccounts = keyedList(
  'accounts',
  (account: Snapshot['accounts'][number]) => `${account.app_id}/${account.account_id}`,
  accountRow,
)
const showDeletions = keyedList(
  'deletions',
  (deletion: Snapshot['deletions'][number]) => deletion.deletion_request_id,
  (deletion) => deletionRow(deletion, (id) => void act('POST', `deletions/${id}/complete`)),
)
const showRefused = keyedList('refused', ({ first }: Requests) => String(first), requestRow)

function keyOfUser({ app_id, identity, user_ids }: Snapshot['users'][number]): string {
  return identity === undefined ? `${app_id}/user_id/${user_ids[0]}` : `${app_id}/identity/${identity}`
}

function show(snapshot: Snapshot): void {
  const { stats, rate, faults } = snapshot
  const number = (value: number) => value.toLocaleString('en')
  byId('empty').hidden = stats.requests > 0
  byId('failing').hidden = faults.length === 0
  setText('faults', `Heap fails on purpose: ${faults.slice(0, 3).map(inWords).join('; ')}.`)
  setText('requests', number(stats.requests))
  setText('events-total', number(stats.events))
  setText('users-total', number(stats.users))
  setText('duplicates', number(stats.duplicates))
  const busy = rate.busiest
  setText('busiest', `${number(busy?.requests ?? 0)} / ${rate.limit}`)
  setText('busiest-name', busy ? busy.identity : `nobody in the last ${rate.window_s} s`)
  byId('busiest-tile').classList.toggle('over', (busy?.requests ?? 0) > rate.limit)
  drawRate(rate)
  setText(
    'maxima',
    `Most since the sandbox was emptied: ${number(stats.max.requestsPerIdentity30s)} requests of one identity in 30 s, ` +
      `${number(stats.max.eventsPerIdentity60s)} events of one identity and ` +
      `${number(stats.max.eventsPerApp60s)} of one environment in 60 s.`,
  )
  showUsers(snapshot.users)
  showEvents(snapshot.events)
  showAccounts(snapshot.accounts)
  showDeletions(snapshot.deletions)
  showRefused(folded(snapshot.refused))
  open('accounts-panel', snapshot.accounts.length > 0)
  open('deletions-panel', snapshot.deletions.length > 0)
  open('refused-panel', snapshot.refused.length > 0)
}

/** A panel that has become worth looking at opens once; whoever closes it again is not overruled. */
function open(id: string, worthwhile: boolean): void {
  const panel = byId(id) as HTMLDetailsElement
  if (panel.hidden && worthwhile) panel.open = true
  panel.hidden = !worthwhile
}

function inWords({ path, status, drop, latencyMs, rate, times }: Fault): string {
  const what = [
    ...(status === undefined ? [] : [`it answers ${status}`]),
    ...(drop === undefined ? [] : [`it cuts the connection ${drop} it has stored the request`]),
    ...(latencyMs === undefined ? [] : [`it takes ${latencyMs / 1000} s longer`]),
  ]
  const where = path === undefined ? '' : ` on ${path}`
  const often = rate === undefined ? '' : `, ${Math.round(rate * 100)} % of the time`
  const left = times === undefined ? '' : times === 1 ? ', once more' : `, ${times} more times`
  return `${what.join(' and ')}${where}${often}${left}`
}

function say(state: 'live' | 'lost', text: string): void {
  byId('status').dataset.state = state
  setText('status', text)
}

/** How far the sandbox's clock is ahead, where that is worth a word. */
function aheadOf(now: string): string {
  const seconds = Math.round((Date.parse(now) - Date.now()) / 1000)
  if (seconds < 5) return ''
  const [unit, length] = (
    [
      ['day', 86_400],
      ['hour', 3600],
      ['minute', 60],
      ['second', 1],
    ] as const
  ).find(([, length]) => seconds >= length) ?? ['second', 1]
  const many = Math.round(seconds / length)
  return `, its clock ${many} ${unit}${many === 1 ? '' : 's'} ahead`
}

async function refresh(): Promise<void> {
  try {
    const response = await fetch('/_sandbox/snapshot')
    if (!response.ok) throw new Error(String(response.status))
    const snapshot = (await response.json()) as Snapshot
    say('live', `Live${aheadOf(snapshot.now)}`)
    show(snapshot)
  } catch {
    say('lost', 'Not reachable, trying again…')
  }
}

async function act(method: string, route: string, body?: object): Promise<void> {
  await fetch(`/_sandbox/${route}`, { method, ...(body && { body: JSON.stringify(body) }) }).catch(() => undefined)
  await refresh()
}

const firstEvent = {
  app_id: '123456789',
  event: 'Hello Heap',
  identity: 'alice@example.com',
  properties: { plan: 'pro', seats: 5 },
}

function onClick(id: string, run: () => Promise<void>): void {
  byId(id).addEventListener('click', () => void run())
}

setText(
  'curl',
  `curl ${location.origin}/api/track -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(firstEvent)}'`,
)
onClick('first', async () => {
  await fetch('/api/track', { method: 'POST', body: JSON.stringify(firstEvent) }).catch(() => undefined)
  await refresh()
})
onClick('reset', () => act('POST', 'reset'))
onClick('stop-failing', () => act('DELETE', 'faults'))
onClick('minute', () => act('POST', 'clock', { advanceMs: 60_000 }))
for (const button of document.querySelectorAll<HTMLElement>('[data-fault]')) {
  const fault = JSON.parse(button.dataset.fault ?? '{}') as Fault
  button.addEventListener('click', () => void act('POST', 'faults', fault))
}

startWebhooks()

let timer: ReturnType<typeof setTimeout> | undefined

async function keepUp(): Promise<void> {
  clearTimeout(timer)
  if (document.hidden) return
  await refresh()
  clearTimeout(timer)
  timer = setTimeout(() => void keepUp(), EVERY_MS)
}

document.addEventListener('visibilitychange', () => void keepUp())
void keepUp()
