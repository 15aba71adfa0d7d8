/**
 * The forms, and beside each of them what its call came to: at once that it is stored, later that it was refused.
 * @module
 */
import type { HeapError, Recorded } from 'heap-edge/browser'
import { element, valuesOf } from './dom.ts'

const OUTCOMES = {
  stored: 'Stored.',
  ignored: 'Ignored: nothing is new, or nobody is tracked.',
  rejected: '',
}

/** Runs a form's action. */
export function onSubmit(id: string, act: (values: Record<string, string>) => Promise<Recorded>): void {
  const form = element<HTMLFormElement>(id)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    say(id, '')
    const { outcome } = await act(valuesOf(form))
    say(id, OUTCOMES[outcome])
  })
}

/** Shows why something is refused, as the page's developer would see it. */
export function showRefusal({ message, problems }: HeapError, record?: object): void {
  const reasons = problems.map(({ pointer, detail }) => `${pointer} ${detail}`)
  say(record ? formOf(record) : 'notice', reasons.join('; ') || message, true)
}

/** Where a record comes from. */
function formOf(record: object): string {
  if ('event' in record) return 'track'
  if ('account_id' in record) return 'account-properties'
  return 'user_id' in record ? 'identify' : 'user-properties'
}

function say(id: string, text: string, isError = false): void {
  const place = element(`${id}-said`)
  place.textContent = text
  place.classList.toggle('error', isError)
}
