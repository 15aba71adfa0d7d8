/**
 * What may go wrong, to be switched on: this browser is offline, or Heap is down.
 * @module
 */
import type { HeapBrowser } from 'heap-edge/browser'
import { element } from './dom.ts'
import { isOffline, setOffline } from './requests.ts'

/** As short as Heap's limits allow: each attempt to deliver counts against them. */
const DOWN = { status: 503, retryAfter: 20 }

/** A fault of the sandbox. */
export interface Fault {
  status?: number
}

/** What was looked at before the last change does not count. In ms, as `performance.now()`. */
let changedAt = 0

const offline = element<HTMLInputElement>('offline')
const down = element<HTMLInputElement>('down')

const showOffline = () => (offline.checked = isOffline())

export function startFaults(heap: HeapBrowser): void {
  showOffline()
  addEventListener('storage', showOffline)
  offline.addEventListener('change', () => {
    setOffline(offline.checked)
    // As the client does by itself when a real network comes back.
    if (!offline.checked) void heap.flush()
  })

  down.addEventListener('change', async () => {
    changedAt = Infinity
    await fetch('/heap/faults', down.checked ? { method: 'POST', body: JSON.stringify(DOWN) } : { method: 'DELETE' })
    changedAt = performance.now()
  })
}

/** Shows whether Heap is down: it may have been switched by another tab, or in the sandbox. */
export function showFaults(faults: Fault[], askedAt: number): void {
  if (askedAt > changedAt) down.checked = faults.some(({ status = 0 }) => status >= 500)
}
