/**
 * The burst of 500: a dot an event, so that one sees where each of them is.
 * @module
 */
import type { HeapBrowser } from 'heap-edge/browser'
import { again } from './again.ts'
import { element, make } from './dom.ts'
import { lookUp } from './heap.ts'
import { waitingRecords } from './queue.ts'

const SIZE = 500
const OFTEN_MS = 300
/** Where the burst is remembered over a reload. */
const ITEM = 'playground.burst'

/** Where an event may be, in this order. */
const PLACES = ['browser', 'outbox', 'heap', 'refused'] as const

const OUTBOX_WAITS = "The outbox tries again, within Heap's limit of 1000 events a minute; each attempt counts."

type Place = (typeof PLACES)[number]

interface Burst {
  /** Its events have this as a property, and `n`, which of them they are. */
  burst: number
  /** The identity or user_id of the visitor. */
  who: string
  refused: number[]
}

let current: Burst | undefined

/** Draws the dots, and goes on with the burst of before a reload. */
export function showBurst(): void {
  element('dots').replaceChildren(...Array.from({ length: SIZE }, () => make('i', '')))
  const item = sessionStorage.getItem(ITEM)
  if (item) void follow(JSON.parse(item) as Burst)
}

/** Tracks 500 events at once. */
export async function startBurst(heap: HeapBrowser, who: string): Promise<void> {
  const burst = Date.now()
  await Promise.all(Array.from({ length: SIZE }, (_, n) => heap.track('Burst', { burst, n })))
  await follow({ burst, who, refused: [] })
}

/** Takes note of a record that is refused, where it is one of the burst. */
export function refuseInBurst(record: object): void {
  if (!current) return
  current.refused.push(...numbersIn(current, [record]))
  remember(current)
}

/** Forgets the burst. */
export function endBurst(): void {
  remember()
  for (const dot of element('dots').children) dot.className = ''
  element('burst-places').hidden = true
  element('burst-end').textContent = ''
}

function remember(burst?: Burst): void {
  current = burst
  if (burst) sessionStorage.setItem(ITEM, JSON.stringify(burst))
  else sessionStorage.removeItem(ITEM)
}

/** Looks until Heap has all of it, or another one begins. */
async function follow(burst: Burst): Promise<void> {
  remember(burst)
  element('burst-end').textContent = ''
  await again(OFTEN_MS, async () => {
    const events = `events?limit=${4 * SIZE}&identity=${encodeURIComponent(burst.who)}`
    try {
      // In this order: what does not wait here any more was answered for, so that it is in Heap by now or in the outbox.
      const waiting = numbersIn(burst, await waitingRecords())
      const held = numbersIn(burst, (await lookUp<{ events: object[] }>(events)).events)
      if (current !== burst) return true
      return show(placesOf(waiting, held, burst.refused), held.length)
    } catch {
      // It is looked at again soon.
    }
  })
}

function numbersIn({ burst }: Burst, records: object[]): number[] {
  return (records as { properties?: Partial<Burst> & { n?: number } }[]).flatMap(({ properties }) =>
    properties?.burst === burst && properties.n !== undefined ? [properties.n] : [],
  )
}

function placesOf(waiting: number[], held: number[], refused: number[]): Place[] {
  const places = Array<Place>(SIZE).fill('outbox')
  for (const n of refused) places[n] = 'refused'
  for (const n of waiting) places[n] = 'browser'
  for (const n of held) places[n] = 'heap'
  return places
}

/** Tells whether all of it has come to where it stays. */
function show(places: Place[], held: number): boolean {
  const dots = element('dots').children
  for (const [n, place] of places.entries()) if (dots[n]) dots[n].className = place

  element('burst-places').hidden = false
  const counts = PLACES.map((place) => places.filter((other) => other === place).length)
  for (const [index, place] of PLACES.entries()) element(`in-${place}`).textContent = String(counts[index])
  const [browser, outbox, heap, refused] = counts as [number, number, number, number]
  element('refused').hidden = refused === 0
  element('dots').ariaLabel = `${browser} in this browser, ${outbox} safe in the outbox, ${heap} in Heap`
  const isDone = browser + outbox === 0
  element('burst-end').classList.toggle('done', isDone)
  element('burst-end').textContent = isDone ? inTheEnd(refused, held - heap) : outbox > 0 ? OUTBOX_WAITS : ''
  return isDone
}

function inTheEnd(refused: number, doubled: number): string {
  return refused + doubled > 0 ? `${refused} refused, ${doubled} doubled.` : 'None was lost, none was doubled.'
}
