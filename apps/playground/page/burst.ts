/**
 * The burst of 500: a dot an event, so that one sees the limiter let 30 through, and the outbox deliver the rest later.
 * @module
 */
import type { RecordResult } from 'heap-edge'
import { element, make } from './dom.ts'
import { lookUp } from './heap.ts'

const SIZE = 500

/**
 * Tracks 500 events at once, and looks until Heap holds them all.
 *
 * @param who the identity or user_id of the visitor
 */
export async function startBurst(
  track: (properties: { burst: number; n: number }) => Promise<RecordResult>,
  who: string,
): Promise<void> {
  const burst = Date.now()
  const button = element<HTMLButtonElement>('burst')
  button.disabled = true
  element('burst-view').hidden = false
  element('dots').replaceChildren(...Array.from({ length: SIZE }, () => make('i', 'sent')))
  await Promise.all(
    Array.from({ length: SIZE }, (_, n) =>
      track({ burst, n }).then(
        ({ outcome }) => mark(n, outcome === 'delivered' ? 'delivered' : 'queued'),
        () => mark(n, 'failed'),
      ),
    ),
  )
  while (count('queued') > 0) {
    await new Promise((wake) => setTimeout(wake, 1000))
    for (const n of await numbersIn(burst, who)) mark(n, 'delivered')
  }
  button.disabled = false
}

/** Which events of a burst Heap holds. */
async function numbersIn(burst: number, who: string): Promise<number[]> {
  try {
    const events = await lookUp<{ properties: { burst?: number; n?: number } }>(
      `events?limit=${2 * SIZE}&identity=${encodeURIComponent(who)}`,
    )
    return events.flatMap(({ properties: { burst: of, n } }) => (of === burst && n !== undefined ? [n] : []))
  } catch {
    // It is looked up again in a second.
    return []
  }
}

function count(state: string): number {
  return element('dots').getElementsByClassName(state).length
}

function mark(n: number, state: 'delivered' | 'queued' | 'failed'): void {
  const dot = element('dots').children[n]
  if (dot) dot.className = state
  const [delivered, queued, failed] = [count('delivered'), count('queued'), count('failed')]
  const text = [
    `${delivered} of ${SIZE} are in Heap.`,
    queued && `${queued} are safe in the outbox, until Heap's limit of 30 requests in 30 s lets them through.`,
    failed && `${failed} failed.`,
    delivered === SIZE && 'None was lost, none was doubled.',
  ]
  element('burst-text').textContent = text.filter(Boolean).join(' ')
  element('dots').ariaLabel = `${delivered} of ${SIZE} events are in Heap`
}
