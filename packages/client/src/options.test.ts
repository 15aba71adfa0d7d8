import { expect, it, vi } from 'vitest'
import { createHeap } from './heap.ts'
import { type HeapOptions, readOptions } from './options.ts'

it.each<[HeapOptions, string, string]>([
  [{ appId: '123456789' }, '123456789', 'https://heapanalytics.com'],
  [{ appId: 123456789, region: 'us' }, '123456789', 'https://heapanalytics.com'],
  [{ appId: ' /123456789/ ', region: 'eu' }, '123456789', 'https://c.eu.heap-api.com'],
  [{ endpoint: 'https://heap.example.com' }, '', 'https://heap.example.com'],
  [{ endpoint: new URL('https://heap.example.com/edge//'), appId: '' }, '', 'https://heap.example.com/edge'],
  [{ endpoint: 'http://localhost:8787', appId: '1', region: 'eu' }, '1', 'http://localhost:8787'],
])('%o is app %j at %s', (options, appId, base) => {
  expect(readOptions(options)).toMatchObject({ appId, base })
})

it.each([
  [{}, 'appId'],
  [{ appId: '' }, 'appId'],
  [{ appId: 'env/12' }, 'appId'],
  [{ appId: 1.5 }, 'appId'],
  [{ appId: 'x', endpoint: 'https://heap.example.com' }, 'appId'],
  [{ appId: '1', region: 'asia' }, 'region'],
  [{ appId: '1', region: 'constructor' }, 'region'],
  [{ appId: '1', endpoint: 'heap.example.com' }, 'endpoint'],
  [{ appId: '1', endpoint: 'ftp://heap.example.com' }, 'endpoint'],
  [{ appId: '1', endpoint: 'https://heap.example.com?key=1' }, 'endpoint'],
])('refuses %o', (options, name) => {
  expect(() => createHeap(options as HeapOptions)).toThrow(TypeError)
  expect(() => createHeap(options as HeapOptions)).toThrow(name)
})

it('never puts more than 1000 records into a request', () => {
  expect(readOptions({ appId: '1', maxRecords: 5000 }).maxRecords).toBe(1000)
  expect(readOptions({ appId: '1', maxRecords: 1 }).maxRecords).toBe(1)
})

it('keeps the defaults of what is left out of retry', () => {
  expect(readOptions({ appId: '1', retry: { giveUpAfter: 5000 } }).retry).toEqual({
    giveUpAfter: 5000,
    base: 500,
    max: 30_000,
  })
})

it('takes no time, no random number and no request when it is made', () => {
  const touched = [
    vi.spyOn(globalThis, 'fetch'),
    vi.spyOn(globalThis, 'setTimeout'),
    vi.spyOn(AbortSignal, 'timeout'),
    vi.spyOn(crypto, 'randomUUID'),
    vi.spyOn(Math, 'random'),
    vi.spyOn(Date, 'now'),
  ]
  createHeap({ appId: '123456789' })
  for (const spy of touched) expect(spy).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})

it('sleeps on a timer, until the signal is aborted', async () => {
  vi.useFakeTimers()
  try {
    const { sleep } = readOptions({ appId: '1' })
    const abort = new AbortController()
    const slept = vi.fn<() => void>()
    void sleep(1000, abort.signal).then(slept)
    await vi.advanceTimersByTimeAsync(999)
    expect(slept).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(slept).toHaveBeenCalledOnce()

    void sleep(1000, abort.signal).then(slept)
    abort.abort()
    await vi.advanceTimersByTimeAsync(0)
    expect(slept).toHaveBeenCalledTimes(2)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
