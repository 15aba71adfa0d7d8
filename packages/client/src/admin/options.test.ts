import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHeapAdmin } from './admin.ts'
import { type HeapAdminOptions, readAdminOptions } from './options.ts'

const good = { appId: '123456789', apiKey: 'secret' }

it.each<[HeapAdminOptions, string]>([
  [good, 'https://heapanalytics.com'],
  [{ ...good, appId: 123456789 }, 'https://heapanalytics.com'],
  [{ ...good, appId: ' /123456789/ ', endpoint: undefined }, 'https://heapanalytics.com'],
  [{ ...good, endpoint: 'http://127.0.0.1:8788/' }, 'http://127.0.0.1:8788'],
  [{ ...good, endpoint: new URL('https://edge.example/heap//') }, 'https://edge.example/heap'],
  [{ ...good, endpoint: ' https://edge.example/a/../b ' }, 'https://edge.example/b'],
])('%o is at %s', (options, base) => {
  expect(readAdminOptions(options)).toMatchObject({ base, basic: btoa('123456789:secret') })
})

it.each([
  [{ appId: '' }, 'appId'],
  [{ appId: undefined }, 'appId'],
  [{ appId: 'secret' }, 'appId'],
  [{ appId: '', endpoint: 'http://localhost' }, 'appId'],
  [{ apiKey: '' }, 'apiKey'],
  [{ apiKey: ' ' }, 'apiKey'],
  [{ apiKey: undefined }, 'apiKey'],
  [{ apiKey: 7 }, 'apiKey'],
  [{ endpoint: '' }, 'endpoint'],
  [{ endpoint: 'secret' }, 'endpoint'],
  [{ endpoint: 'ftp://secret' }, 'endpoint'],
  [{ endpoint: 'https://user:secret@host' }, 'endpoint'],
  [{ endpoint: 'https://secret@host' }, 'endpoint'],
  [{ endpoint: 'https://host?secret' }, 'endpoint'],
  [{ endpoint: 'https://host#secret' }, 'endpoint'],
  [{ timeout: 0 }, 'timeout'],
  [{ timeout: NaN }, 'timeout'],
  [{ timeout: Infinity }, 'timeout'],
  [{ timeout: '5' }, 'timeout'],
  [{ retry: { giveUpAfter: -1 } }, 'retry.giveUpAfter'],
  [{ retry: { base: NaN } }, 'retry.base'],
  [{ retry: { max: '5' } }, 'retry.max'],
  [{ fetch: 'secret' }, 'fetch'],
  [{ now: 5 }, 'now'],
  [{ random: {} }, 'random'],
  [{ sleep: null }, 'sleep'],
])('refuses %o, and does not show it', (wrong, name) => {
  const create = () => createHeapAdmin({ ...good, ...wrong } as HeapAdminOptions)
  expect(create).toThrow(TypeError)
  expect(create).toThrow(new RegExp(`^${name} must be `))
  expect(create).not.toThrow('secret')
})

it('keeps the defaults of what is undefined', () => {
  const retry = { giveUpAfter: undefined, base: 7 } as object
  const settings = readAdminOptions({
    ...good,
    timeout: undefined,
    now: undefined,
    retry,
  } as object as HeapAdminOptions)
  expect(settings).toMatchObject({
    timeout: 10_000,
    now: Date.now,
    retry: { giveUpAfter: 120_000, base: 7, max: 30_000 },
  })
})

describe('a page', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('does not get a client, whatever the options are', () => {
    vi.stubGlobal('document', {})
    for (const options of [good, {} as HeapAdminOptions]) {
      expect(() => createHeapAdmin(options)).toThrow('heap-edge/admin is not for pages')
    }
  })
})

it('takes no time, no random number and no request when it is made', () => {
  const touched = [
    vi.spyOn(globalThis, 'fetch'),
    vi.spyOn(globalThis, 'setTimeout'),
    vi.spyOn(AbortSignal, 'timeout'),
    vi.spyOn(Math, 'random'),
    vi.spyOn(Date, 'now'),
  ]
  createHeapAdmin(good)
  for (const spy of touched) expect(spy).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})
