/**
 * The playground: what is done here goes through the proxy; beside it stands what the proxy answered and what Heap holds.
 * @module
 */
import { createHeapBrowser } from 'heap-edge/browser'
import { logAnswer } from './answers.ts'
import { element, valuesOf } from './dom.ts'
import { startBurst } from './burst.ts'
import { showHeap } from './heap.ts'

const { proxy, sandbox } = (await (await fetch('/config.json')).json()) as { proxy: string; sandbox: string }
element<HTMLAnchorElement>('proxy-link').href = `${proxy}/docs`
element<HTMLAnchorElement>('sandbox-link').href = sandbox

const heap = createHeapBrowser({
  endpoint: proxy,
  async fetch(url, init) {
    const response = await fetch(url, init)
    logAnswer(new URL(url).pathname, response.clone())
    return response
  },
})

function showWho(): void {
  const identity = heap.getIdentity()
  element('who').textContent = identity
    ? `You are ${identity}.`
    : `You are an anonymous visitor, with the user_id ${heap.getUserId()}.`
}

/** Runs a form's action; what is refused is shown beside the form, as the page's developer would see it. */
function onSubmit(id: string, act: (values: Record<string, string>) => Promise<unknown>): void {
  const form = element<HTMLFormElement>(id)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const message =
      form.querySelector('.error') ??
      form.appendChild(Object.assign(document.createElement('p'), { className: 'error' }))
    message.textContent = ''
    try {
      await act(valuesOf(form))
    } catch (error) {
      message.textContent = error instanceof Error ? error.message : String(error)
    }
    showWho()
  })
}

/** A number where it is one, so that Heap can count with it. */
function property({ key = '', value = '' }: Record<string, string>): Record<string, string | number> {
  if (key === '') return {}
  return { [key]: value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value }
}

onSubmit('identify', ({ identity = '' }) => heap.identify(identity))
onSubmit('track', (values) => heap.track(values.event ?? '', property(values)))
onSubmit('user-properties', (values) => heap.addUserProperties(property(values)))
onSubmit('account-properties', (values) => heap.addAccountProperties(values.account ?? '', property(values)))

element('reset').addEventListener('click', () => {
  heap.resetIdentity()
  showWho()
})
const who = () => heap.getIdentity() ?? heap.getUserId()
element('burst').addEventListener('click', () => startBurst((properties) => heap.track('Burst', properties), who()))

showWho()
void showHeap(who)
