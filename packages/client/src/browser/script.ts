/**
 * What a script tag loads from a heap-edge proxy: `heapEdge`, with Heap's browser calls. `window.heap` is left to Heap's SDK.
 *
 * ```html
 * <script src="https://heap.example.com/heap-edge.js"></script>
 * <script>heapEdge.track('Signup', { plan: 'pro' })</script>
 * ```
 * `data-app-id` on the tag names another environment than the proxy's own.
 * @module
 */
import { createHeapBrowser, type HeapBrowser, version } from './index.ts'

declare global {
  var heapEdge: Partial<HeapBrowser> & { createHeapBrowser: typeof createHeapBrowser; version: string }
}

// Of a module, or of a bundle, there is no such script: it makes its own client.
const script = document.currentScript as HTMLScriptElement | null

globalThis.heapEdge = {
  ...(script?.src && createHeapBrowser({ endpoint: new URL(script.src).origin, appId: script.dataset.appId })),
  createHeapBrowser,
  version,
}
