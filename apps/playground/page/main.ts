/**
 * The playground: what is done here goes through the proxy; below it stands what the proxy answered and what Heap holds.
 * @module
 */
import { createHeapBrowser } from 'heap-edge/browser'
import { logAnswer } from './answers.ts'
import { endBurst, refuseInBurst, showBurst, startBurst } from './burst.ts'
import { element } from './dom.ts'
import { startFaults } from './faults.ts'
import { onSubmit, showRefusal } from './forms.ts'
import { showHeap } from './heap.ts'
import { showQueue } from './queue.ts'
import { watchRequests } from './requests.ts'

const { proxy, sandbox } = (await (await fetch('/config.json')).json()) as { proxy: string; sandbox: string }
element<HTMLAnchorElement>('proxy-link').href = `${proxy}/docs`
element<HTMLAnchorElement>('sandbox-link').href = sandbox

watchRequests(proxy, logAnswer)
const heap = createHeapBrowser({
  endpoint: proxy,
  // All of it stays on this machine, and stopping is tried out with a button.
  respectGpc: false,
  onError(error, record) {
    showRefusal(error, record)
    if (record) refuseInBurst(record)
    // Of an identity that is refused nothing stays.
    showWho()
  },
})
const consent = element<HTMLInputElement>('consent')
const who = () => heap.getIdentity() ?? heap.getUserId()

function showWho(): void {
  const identity = heap.getIdentity()
  const userId = heap.getUserId()
  element('who').textContent = identity
    ? `You are ${identity}.`
    : userId
      ? `You are an anonymous visitor, with the user_id ${userId}.`
      : 'Nobody is tracked.'
  consent.checked = userId !== null
  element<HTMLButtonElement>('burst').disabled = !userId
}

/** A number where it is one, so that Heap can count with it. */
function property({ key = '', value = '' }: Record<string, string>): Record<string, string | number> {
  if (key === '') return {}
  return { [key]: value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value }
}

function onClick(id: string, act: () => void): void {
  element(id).addEventListener('click', act)
}

onSubmit('identify', ({ identity = '' }) => {
  const recorded = heap.identify(identity)
  showWho()
  return recorded
})
onSubmit('track', (values) => heap.track(values.event ?? '', property(values)))
onSubmit('user-properties', (values) => heap.addUserProperties(property(values)))
onSubmit('account-properties', (values) => heap.addAccountProperties(values.account ?? '', property(values)))

onClick('reset', () => {
  heap.resetIdentity()
  showWho()
})
consent.addEventListener('change', () => {
  if (consent.checked) {
    heap.startTracking()
  } else {
    heap.stopTracking()
    endBurst()
  }
  showWho()
})
onClick('burst', () => void startBurst(heap, who() ?? ''))

showWho()
// Another tab may have changed it.
addEventListener('storage', showWho)
startFaults(heap)
showBurst()
void showQueue()
void showHeap(who)
