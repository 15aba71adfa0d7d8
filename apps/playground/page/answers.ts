/**
 * What the proxy answered: a line for each answer, and what is left of the identity's 30 requests.
 * @module
 */
import { clock, element, make } from './dom.ts'
import type { Sent } from './requests.ts'

const MOST_LINES = 100

interface Problem {
  detail?: string
  errors?: { pointer: string; detail: string }[]
}

/** Adds an answer to the list, or that there was none. */
export function logAnswer({ path, records }: Sent, response?: Response): void {
  const { status = 0, headers } = response ?? {}
  const retryAfter = headers?.get('Retry-After')
  const outcome = headers?.get('Heap-Edge-Outcome') ?? (response ? '' : 'no answer')
  showLimit(headers?.get('RateLimit') ?? '')

  const waits = status === 0 || status === 202 || status === 429 || status >= 500
  const line = make('li', waits ? 'waits' : status < 300 ? 'good' : 'bad')
  line.append(
    make('time', '', clock(Date.now())),
    make('b', 'status', status ? String(status) : '—'),
    make('code', 'path', path),
    make('span', 'records', records === 1 ? '1 record' : `${records} records`),
    make('span', 'outcome', retryAfter ? `${outcome}, sent again in ${retryAfter} s` : outcome),
  )
  const list = element('answers')
  list.prepend(line)
  while (list.children.length > MOST_LINES) list.lastChild?.remove()
  element('no-answers').hidden = true
  if (response && status >= 400) void explain(line, response)
}

async function explain(line: HTMLElement, response: Response): Promise<void> {
  const { detail = '', errors = [] } = (await response.json().catch(() => ({}))) as Problem
  const reasons = errors.map((error) => `${error.pointer} ${error.detail}`)
  line.append(make('span', 'reason', reasons.join('; ') || detail))
}

/** Shows the first item of the RateLimit field: `"requests";r=29;t=30`. */
function showLimit(field: string): void {
  const [, left, seconds] = /"requests";r=(\d+);t=(\d+)/.exec(field) ?? []
  if (left === undefined) return
  element('limit').hidden = false
  element<HTMLMeterElement>('limit-meter').value = Number(left)
  element('limit-text').textContent = `${left} of 30 requests left for this identity; more in ${seconds} s`
}
