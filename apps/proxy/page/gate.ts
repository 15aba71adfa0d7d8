/**
 * The admin token: asked for once, kept for this tab only, and never in an address.
 * @module
 */
import { byId, setText } from '@heap-edge/page/dom'

const NAME = 'heap-edge-admin-token'

/** The token that was given in this tab. */
export function tokenOf(): string | null {
  return sessionStorage.getItem(NAME)
}

/** Asks for the token, and says why, where there is a reason. */
export function ask(said = ''): void {
  sessionStorage.removeItem(NAME)
  setText('gate-said', said)
  byId('gate').hidden = false
  byId('leave').hidden = true
  byId('figures').hidden = true
  const input = field()
  input.value = ''
  input.focus()
}

/** @param entered is called when somebody has given a token */
export function startGate(entered: () => void): void {
  byId('gate-form').addEventListener('submit', (event) => {
    event.preventDefault()
    // Whoever copies a token easily copies a blank with it.
    const token = field().value.trim()
    if (token === '') return
    sessionStorage.setItem(NAME, token)
    setText('gate-said', '')
    entered()
  })
  byId('leave').addEventListener('click', () => {
    ask()
    location.reload()
  })
}

/** The token holds. */
export function open(): void {
  const isEntered = !byId('gate').hidden
  byId('gate').hidden = true
  byId('leave').hidden = false
  byId('figures').hidden = false
  // Whoever pressed its button goes on where the figures begin.
  if (isEntered) byId('figures').focus({ preventScroll: true })
}

function field(): HTMLInputElement {
  return (byId('gate-form') as HTMLFormElement).elements.namedItem('token') as HTMLInputElement
}
