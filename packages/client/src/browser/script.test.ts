import { afterEach, beforeEach, expect, it, vi } from 'vitest'

beforeEach(() => vi.resetModules())
afterEach(() => {
  vi.unstubAllGlobals()
  Reflect.deleteProperty(globalThis, 'heapEdge')
})

async function load(currentScript: { src: string; dataset: Record<string, string> } | null): Promise<void> {
  vi.stubGlobal('document', { currentScript })
  vi.stubGlobal('localStorage', undefined)
  vi.stubGlobal('heap', 'of another')
  await import('./script.ts')
}

it('makes heapEdge write to where the script came from, and leaves heap alone', async () => {
  const fetch = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(async () => Response.json({}))
  vi.stubGlobal('fetch', fetch)
  await load({ src: 'https://heap.example.com/heap-edge.js?v=1', dataset: { appId: '987654321' } })
  await globalThis.heapEdge.track?.('Visit')
  expect(fetch.mock.calls[0]?.[0]).toBe('https://heap.example.com/api/track')
  expect(JSON.parse(fetch.mock.calls[0]?.[1].body as string)).toMatchObject({ app_id: '987654321', event: 'Visit' })
  expect((globalThis as { heap?: unknown }).heap).toBe('of another')
  expect(globalThis.heapEdge.version).toBe('source')
})

it('only offers to make a client where no tag loaded it', async () => {
  await load(null)
  expect(globalThis.heapEdge.track).toBeUndefined()
  const heap = globalThis.heapEdge.createHeapBrowser({ endpoint: 'https://heap.example.com' })
  expect(heap.getUserId()).toMatch(/^\d{1,16}$/)
})
