/**
 * What rows of lists are made of.
 * @module
 */
import { make } from './dom.ts'

const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
const time = new Intl.DateTimeFormat(undefined, clock)
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', ...clock })

/** A time of day; with the day where that is not today. */
export function timeOf(iso: string): HTMLElement {
  const at = new Date(iso)
  const isToday = at.toDateString() === new Date().toDateString()
  const element = make('time', 'time', (isToday ? time : day).format(at))
  element.setAttribute('datetime', iso)
  element.title = iso
  return element
}

export function line(...content: (string | Node)[]): HTMLElement {
  return make('div', 'line', ...content)
}

/** @example count(2, 'event') // '2 events' */
export function count(many: number, one: string): string {
  return `${many.toLocaleString('en')} ${one}${many === 1 ? '' : 's'}`
}
