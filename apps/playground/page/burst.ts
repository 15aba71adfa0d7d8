/**
 * The burst of 40: a dot an event, so that one sees the limiter let 30 through and the client deliver the rest later.
 * @module
 */
import { element, make } from './dom.ts'

const SIZE = 40

let timer: ReturnType<typeof setInterval> | undefined
let again = 0

/** Tracks 40 events at once. */
export async function startBurst(track: (n: number) => Promise<unknown>): Promise<void> {
  const button = element<HTMLButtonElement>('burst')
  button.disabled = true
  element('burst-view').hidden = false
  element('dots').replaceChildren(...Array.from({ length: SIZE }, () => make('i', 'sent')))
  again = 0
  timer = setInterval(describe, 250)
  await Promise.all(
    Array.from({ length: SIZE }, (_, n) =>
      track(n).then(
        () => mark(n, 'delivered'),
        () => mark(n, 'failed'),
      ),
    ),
  )
  clearInterval(timer)
  button.disabled = false
}

/** Told of every answer; those of the burst's events that have to wait are marked. */
export function burstAnswer(sent: string, status: number, retryAfterS: number): void {
  const { event, properties } = JSON.parse(sent) as { event?: string; properties?: { n?: number } }
  if (event !== 'Burst' || status !== 429 || properties?.n === undefined) return
  again = Math.max(again, Date.now() + retryAfterS * 1000)
  mark(properties.n, 'waiting')
}

function mark(n: number, state: 'delivered' | 'waiting' | 'failed'): void {
  const dot = element('dots').children[n]
  if (dot) dot.className = state
  describe()
}

function describe(): void {
  const count = (state: string) => element('dots').getElementsByClassName(state).length
  const [delivered, waiting, failed] = [count('delivered'), count('waiting'), count('failed')]
  const seconds = Math.max(0, Math.ceil((again - Date.now()) / 1000))
  const text = [
    `${delivered} of ${SIZE} delivered.`,
    waiting &&
      `${waiting} wait for Heap's limit of 30 requests in 30 s${seconds ? `: again in ${seconds} s` : ''}. None is lost.`,
    failed && `${failed} failed.`,
    delivered === SIZE && 'None was lost, none was doubled.',
  ]
  element('burst-text').textContent = text.filter(Boolean).join(' ')
  element('dots').ariaLabel = `${delivered} of ${SIZE} events delivered`
}
