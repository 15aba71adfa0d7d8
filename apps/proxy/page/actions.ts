/**
 * Buttons that do something by an admin route. What they change shows with the next figures.
 * @module
 */
import { make } from '@heap-edge/page/dom'
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

export function actionButton(text: string, method: string, route: string, body?: object): HTMLElement {
  const button = newButton(text)
  button.addEventListener('click', () => void run(button, () => act(method, route, body)))
  return button
}

/** The same for what cannot be undone: it asks once more. */
export function sureButton(text: string, method: string, route: string): HTMLElement {
  const button = newButton(text)
  button.classList.add('danger')
  let isSure = false
  button.addEventListener('click', () => {
    if (isSure) return void run(button, () => act(method, route))
    isSure = true
    button.textContent = `${text} for ever?`
    setTimeout(() => {
      isSure = false
      button.textContent = text
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
    button.after(make('span', 'wrong', error instanceof Error ? error.message : 'It failed.'))
  }
  button.disabled = false
}

function newButton(text: string): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = text
  return button
}
