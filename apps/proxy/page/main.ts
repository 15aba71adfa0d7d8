/**
 * Keeps the page in step with the proxy, as long as somebody looks.
 * @module
 */
import { byId, keyedList, setText } from '@heap-edge/page/dom'
import { count } from '@heap-edge/page/rows'
import type { BusyState, DeletionState, Series, ShardState, State, View } from '../src/metrics/types.ts'
import { actionButton } from './actions.ts'
import { Answered, reasonOf } from './errors.ts'
import { ask, open, startGate, tokenOf } from './gate.ts'
import { millis, startPlots } from './plots.ts'
import {
  ageOf,
  asideRow,
  busyRow,
  countChips,
  deletionRow,
  noteRetried,
  runRow,
  type ShardItem,
  shardItem,
} from './rows.ts'
import { Stream } from './stream.ts'

/** How a view is called on the tiles. */
const SPANS: Record<View, string> = {
  quarter: 'last 15 minutes',
  hour: 'last hour',
  day: 'last 24 hours',
  week: 'last 7 days',
}

/** Of more shards, those in which nothing waits are not shown. */
const MOST_SHARDS = 16

/** Records that fill the bar of a shard, where no shard has more. */
const LEAST_DEEP = 100

let view: View = 'quarter'
let limits: State['limits'] | undefined
let asideShown: State['set_aside']['oldest'] = []

const draw = startPlots()
const showShards = keyedList(
  'shards',
  (item: ShardItem) => ('shard' in item ? `${item.app_id}/${item.shard}` : item.app_id),
  shardItem,
)
const showBusiest = keyedList(
  'busiest',
  ({ app_id, kind, who }: BusyState) => `${app_id}/${kind}/${who}`,
  (busy) => (limits ? busyRow(busy, limits) : document.createElement('li')),
)
const showDeletions = keyedList('deletions', ({ id }) => id, deletionRow)
const showRuns = keyedList('runs', ({ id }) => id, runRow)
const showAside = keyedList('aside', ({ id }) => id, asideRow)

const number = (value: number) => value.toLocaleString('en')
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const sum = (values: readonly (number | null)[]) => values.reduce<number>((all, value) => all + (value ?? 0), 0)

/** The figure of a tile: of a million and more what there is room for, the whole of it as its title. */
function setFigure(id: string, value: number): void {
  setText(id, value < 1_000_000 ? number(value) : short.format(value))
  byId(id).title = value < 1_000_000 ? '' : number(value)
}

function showSeries(series: Series): void {
  draw(series)
  for (const name of ['accepted', 'delivered', 'refused'] as const) setFigure(name, sum(series[name]))
  for (const hint of document.querySelectorAll('.range-hint')) hint.textContent = SPANS[view]
  byId('refused-tile').classList.toggle('over', sum(series.refused) > 0)
  const { p50, p99 } = series.whole
  setText('latency', p50 === null ? '–' : millis(p50))
  setText('latency-hint', p99 === null ? 'p50, no request' : `p50; p99 is ${millis(p99)}`)
}

function showState(state: State): void {
  ;({ limits } = state)
  const { shards, busiest, deletions, runs, set_aside, totals } = state
  const waiting = sum(shards.map(({ depth }) => depth))
  const oldest = Math.max(-1, ...shards.map(({ oldest_age_s }) => oldest_age_s ?? -1))
  setFigure('waiting', waiting)
  setText('waiting-hint', oldest < 0 ? 'in the outbox now' : `oldest for ${ageOf(oldest)}`)
  setFigure('aside-count', set_aside.count)
  setText('aside-hint', ['nothing to decide', 'needs a decision'][set_aside.count] ?? 'need a decision')
  byId('aside-tile').classList.toggle('over', set_aside.count > 0)
  showFailing(shards)
  showKeyRefused(deletions?.newest ?? [])

  const deepest = Math.max(LEAST_DEEP, ...shards.map(({ depth }) => depth ?? 0))
  const busyShards = shards.filter(({ depth, problem }) => depth !== 0 || problem !== null)
  const shown = (shards.length <= MOST_SHARDS ? shards : busyShards).slice(0, 4 * MOST_SHARDS)
  const byEnvironment = Map.groupBy(shown, ({ app_id }) => app_id)
  showShards(
    [...byEnvironment].flatMap(([app_id, its]) => [{ app_id }, ...its.map((shard) => ({ ...shard, deepest }))]),
  )
  const rest = shards.length - shown.length
  setText('shards-rest', rest > 0 ? `${count(rest, 'more shard')}, in which nothing waits or which did not fit.` : '')

  setText(
    'limits',
    `Requests in ${limits.requests_s} s and events in ${limits.events_s} s, against what Heap allows. What is above waits in the outbox.`,
  )
  showBusiest(busiest)
  byId('deletion-counts').replaceChildren(...countChips(deletions?.counts ?? {}))
  setText('deletions-none', deletions ? 'No user was deleted yet.' : 'The ledger of deletions does not answer.')
  showDeletions(deletions?.newest ?? [])
  byId('run-counts').replaceChildren(...countChips(runs?.counts ?? {}))
  setText('runs-none', runs ? 'No workflow was triggered yet.' : 'The ledger of runs does not answer.')
  showRuns(runs?.newest ?? [])
  showAside(set_aside.oldest)
  asideShown = set_aside.oldest
  byId('aside-all').hidden = set_aside.count < 2
  const asideRest = set_aside.count - set_aside.oldest.length
  setText('aside-rest', asideRest > 0 ? `and ${number(asideRest)} more` : '')

  const anything = totals.accepted + totals.refused + totals.delivered + waiting + set_aside.count
  byId('empty').hidden = anything > 0
  connected(clock(state.at))
}

const clock = (iso: string) => new Date(iso).toLocaleTimeString(undefined, { hourCycle: 'h23' })

/** Heap does not take what waits: that is the first thing to know. */
function showFailing(shards: readonly ShardState[]): void {
  const failing = shards.filter(({ failures, depth }) => failures > 0 && depth !== 0)
  byId('failing').hidden = failing.length === 0
  const problem = failing[0]?.problem ?? null
  const [next] = failing.flatMap(({ next_attempt: at }) => at ?? []).toSorted()
  const because = problem === null ? '' : `: ${problem}`
  const when = next === undefined ? '' : `, at ${clock(next)}`
  setText(
    'failing-said',
    `Heap does not take records at this time${because}. They wait, and are tried again by themselves${when}.`,
  )
}

/** Nobody is deleted while Heap refuses the key. */
function showKeyRefused(newest: readonly DeletionState[]): void {
  const problem = newest.find(({ ended_at, problem }) => ended_at === null && problem !== null)?.problem ?? ''
  byId('key-refused').hidden = !/ answered 40[13]\b/.test(problem)
  setText(
    'key-refused-said',
    `Heap refuses the API key: ${problem}. Look at HEAP_API_KEY and HEAP_APP_ID. Deletions wait, and are tried again by themselves.`,
  )
}

function connected(at: string): void {
  open()
  byId('figures').classList.remove('stale')
  byId('lost').hidden = true
  say('live', 'Live', `, ${at}`)
}

/** @param at what changes too often to be read out */
function say(state: 'live' | 'lost' | 'wait', text: string, at = ''): void {
  byId('status').dataset.state = state
  setText('status-said', text)
  setText('status-at', at)
}

const stream = new Stream({
  onSeries: showSeries,
  onState: showState,
  onLost(error, againMs) {
    byId('figures').classList.add('stale')
    say(
      'lost',
      error instanceof Answered ? 'No figures' : 'Connection lost',
      `, again in ${Math.max(1, Math.round(againMs / 1000))} s`,
    )
    setText('lost-said', reasonOf(error))
    byId('lost').hidden = false
  },
  onRefused(status, reason) {
    byId('lost').hidden = true
    say('wait', 'Not signed in')
    ask(status === 401 ? 'This token is wrong.' : `The admin routes of this Worker are closed. ${reason}`)
  },
})

function begin(): void {
  if (tokenOf() === null) return ask()
  say('wait', 'Connecting…')
  stream.start(view)
}

for (const button of document.querySelectorAll<HTMLButtonElement>('[data-view]')) {
  button.addEventListener('click', () => {
    view = button.dataset.view as View
    for (const other of document.querySelectorAll('[data-view]')) {
      other.setAttribute('aria-pressed', String(other === button))
    }
    begin()
  })
}

setText(
  'curl',
  `curl ${location.origin}/api/track -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify({
    event: 'Hello Heap',
    identity: 'alice@example.com',
  })}'`,
)
byId('aside-all').append(
  actionButton({
    text: 'Retry all',
    about: 'records set aside',
    method: 'POST',
    route: 'outbox/retry',
    begins: () => noteRetried(asideShown),
  }),
)
startGate(begin)
// Nobody is asked for figures at which nobody looks.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) stream.stop()
  else if (tokenOf() !== null) begin()
})
begin()
