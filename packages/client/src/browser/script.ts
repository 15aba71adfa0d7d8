/**
 * What a script tag loads from a heap-edge proxy: `heapEdge`, with Heap's browser calls. `window.heap` is left to Heap's SDK.
 *
 * ```html
 * <script src="https://heap.example.com/heap-edge.js" data-app-id="123456789"></script>
 * <script>heapEdge.track('Signup', { plan: 'pro' })</script>
 * ```
 * `data-app-id` loads the client at once, for this environment, or with an empty one for the proxy's own. Without it the client waits
 * for `heapEdge.load(appId, options)`, and so do the calls before, where the snippet is on the page.
 * @module
 */
import { createHeapBrowser, type HeapBrowser, type HeapBrowserOptions, type HeapError } from './index.ts'

/** A call that was made on the snippet's stub, and who waits for it. */
type EarlyCall = [name: string, args: unknown[], resolve: (result: unknown) => void]

/** `load` starts the client; the endpoint is by default where the script came from. A second time it does nothing. */
type Load = (appId?: string | number, options?: Partial<HeapBrowserOptions>) => void

declare global {
  var heapEdge: HeapBrowser & { load: Load }
}

const { src, dataset } = document.currentScript as HTMLScriptElement
const stub = (globalThis.heapEdge ?? []) as unknown as EarlyCall[] & { load: Load }

const load: Load = (appId, options) => {
  const heap = { load: () => {} }
  try {
    Object.assign(heap, createHeapBrowser({ endpoint: new URL('.', src), appId, ...options }))
    globalThis.heapEdge = heap as never
  } catch (error) {
    // The page goes on without: what it calls comes to nothing, and no promise stays open.
    console.error(error)
    options?.onError?.(error as HeapError)
  }
  const replay = ([name, args, resolve]: EarlyCall) =>
    // There may be a `then` among them, where somebody awaits the stub.
    resolve((heap as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>)[name]?.(...args))
  // Whoever kept the stub goes on, also while its calls are made.
  stub.push = replay as never
  stub.load = heap.load
  stub.forEach?.(replay)
}

// Until then.
stub.load = load
globalThis.heapEdge = stub as never
const args = dataset.appId === undefined ? stub.find?.(([name]) => name === 'load')?.[1] : [dataset.appId]
if (args) load(...(args as Parameters<Load>))
