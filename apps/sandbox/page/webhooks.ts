/**
 * The forms that make the sandbox send a webhook, and what its receiver answered.
 * @module
 */
import type { Delivery, EventReport, SegmentReport } from '../src/types.ts'
import { usualEvent } from '../src/webhooks/usual-event.ts'
import { byId, make } from '@heap-edge/page/dom'

/** Sends what a form describes, and shows what came of it below its button. */
function onSubmit(form: HTMLFormElement, route: string, read: () => object): void {
  const place = form.querySelector('[role=status]') as HTMLElement
  const button = form.querySelector('button') as HTMLButtonElement
  const send = async () => {
    place.replaceChildren('Sending…')
    button.disabled = true
    const shown = await sent(route, read).catch((error: Error) => [make('p', 'wrong', error.message)])
    place.replaceChildren(...shown)
    button.disabled = false
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void send()
  })
}

async function sent(route: string, read: () => object): Promise<HTMLElement[]> {
  const response = await fetch(`/_sandbox/webhooks/${route}`, { method: 'POST', body: JSON.stringify(read()) })
  const answer = (await response.json()) as EventReport | SegmentReport | { error: string }
  if ('error' in answer) throw new Error(answer.error)
  return answer.deliveries.flatMap((delivery) => deliveryRows(answer.url, delivery))
}

function deliveryRows(url: string, { status, body, ms, attempts }: Delivery): HTMLElement[] {
  const good = status !== null && status < 300
  const tries = attempts > 1 ? `, at the last of ${attempts} attempts` : ''
  return [
    make(
      'div',
      'line',
      make('span', good ? 'badge good' : 'badge bad', status === null ? 'no answer' : String(status)),
      make('code', '', url),
      make('span', 'muted small', `in ${ms.toLocaleString('en')} ms${tries}`),
    ),
    make('pre', '', make('code', '', body || '(an empty body)')),
  ]
}

/** What somebody typed. */
function valueOf(form: HTMLFormElement, name: string): string {
  return (form.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement).value.trim()
}

function urlOf(form: HTMLFormElement): object {
  const url = valueOf(form, 'url')
  return url === '' ? {} : { url }
}

function linesOf(form: HTMLFormElement, name: string): object {
  const lines = valueOf(form, name)
    .split('\n')
    .map((line) => line.trim())
  const filled = lines.filter((line) => line !== '')
  return filled.length === 0 ? {} : { [name]: filled }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`The fields are not JSON. ${(error as Error).message}`, { cause: error })
  }
}

/** Makes the forms work. */
export function startWebhooks(): void {
  const event = byId('event-webhook') as HTMLFormElement
  const fields = event.elements.namedItem('body') as HTMLTextAreaElement
  const usual = () => JSON.stringify(usualEvent(), null, 2)
  let filledIn = (fields.value = usual())
  onSubmit(event, 'event', () => {
    // The same fields again would be a double, and start nothing: the event happens anew, unless they were edited.
    if (fields.value === filledIn) filledIn = fields.value = usual()
    return { body: jsonOf(fields.value), ...urlOf(event) }
  })

  const segment = byId('segment-webhook') as HTMLFormElement
  onSubmit(segment, 'segment', () => ({
    segment: { id: Number(valueOf(segment, 'id')), name: valueOf(segment, 'name') },
    ...linesOf(segment, 'add'),
    ...linesOf(segment, 'remove'),
    ...urlOf(segment),
  }))
}
