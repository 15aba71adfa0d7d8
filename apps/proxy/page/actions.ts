/**
 * Buttons that do something by an admin route. What they change shows with the next figures.
 * @module
 */
import { make } from '@heap-edge/page/dom'
import { reasonOf } from './errors.ts'
import { tokenOf } from './gate.ts'

/** So long somebody is asked whether they are sure, in ms. */
const SURE_MS = 5000

async function act(method: string, route: string, body?: object): Promise<void> {
  const response = await fetch(`/admin/${route}`, {
    method,
    headers: { Authorization: `Bearer ${tokenOf()}`, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (response.ok) return
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: string }
  throw new Error(detail ?? `The proxy answered ${response.status}.`)
}

/** What a button does, and to what: the page may have many of the same text. */
interface Action {
  text: string
  about: string
  method: 'POST' | 'DELETE'
  /** Below `/admin/`. */
  route: string
  body?: object
  /** Is called when it begins. */
  begins?: () => void
}

export function actionButton({ text, about, method, route, body, begins }: Action): HTMLElement {
  const button = newButton(text, about)
  const action = () => {
    begins?.()
    return act(method, route, body)
  }
  button.addEventListener('click', () => void run(button, action))
  return button
}

/** The same for what cannot be undone: it asks once more. */
export function sureButton({ text, about, method, route }: Action): HTMLElement {
  const button = newButton(text, about)
  button.classList.add('danger')
  let isSure = false
  button.addEventListener('click', () => {
    if (isSure) return void run(button, () => act(method, route))
    isSure = true
    label(button, `${text} for ever?`, about)
    setTimeout(() => {
      isSure = false
      label(button, text, about)
    }, SURE_MS)
  })
  return button
}

/** Runs it once at a time; what goes wrong stands beside the button. */
async function run(button: HTMLButtonElement, action: () => Promise<void>): Promise<void> {
  button.disabled = true
  button.parentElement?.querySelector('.wrong')?.remove()
  try {
    await action()
  } catch (error) {
    button.parentElement?.append(make('span', 'wrong', reasonOf(error)))
  }
  button.disabled = false
}

function newButton(text: string, about: string): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  label(button, text, about)
  return button
}

function label(button: HTMLButtonElement, text: string, about: string): void {
  button.textContent = text
  button.setAttribute('aria-label', `${text} ${about}`)
}
