/**
 * The clients of a command, made from its settings: Heap itself, or a proxy that stands in front of it.
 * @module
 */
import { createHeap, type Fetch, type Heap } from 'heap-edge'
import { createHeapAdmin, type HeapAdmin } from 'heap-edge/admin'
import { createCheck } from 'heap-edge/check'
import { isRetryable } from 'heap-edge/retry'
import { readOptions, type Settings as SendSettings } from 'heap-edge/send'
import { Failure } from './failure.ts'
import type { Settings } from './settings.ts'

/** What goes with the requests of a command. */
export interface Times {
  /** How long a request is tried again, in ms. */
  giveUpAfter?: number | undefined
  /** How long one attempt may take, in ms. */
  timeout?: number | undefined
  /** In the place of the global one. */
  fetch?: Fetch | undefined
}

const globalFetch: Fetch = (url, init) => fetch(url, init)

/** Tells once that a request is tried again, which may take two minutes. */
export function tellingFetch(note: (line: string) => void): Fetch {
  let told = false
  const tell = (what: string) => {
    if (!told) note(`${what}; it is tried again for up to two minutes.`)
    told = true
  }
  return async (url, init) => {
    try {
      const response = await fetch(url, init)
      if (isRetryable(response.status)) tell(`${url} answered ${response.status}`)
      return response
    } catch (error) {
      tell(`${url} did not answer`)
      throw error
    }
  }
}

/** Whether it goes through a proxy, and how that is called. */
export function targetOf({ endpoint, baseUrl, region }: Settings): { proxy: boolean; name: string } {
  if (endpoint !== undefined) return { proxy: true, name: endpoint }
  return { proxy: false, name: baseUrl ?? `Heap (${region ?? 'us'})` }
}

/** The options of the client, looked at. */
function optionsOf(
  settings: Settings,
  { giveUpAfter = 120_000, timeout = 10_000, fetch: ask = globalFetch }: Times = {},
) {
  const { appId, endpoint = settings.baseUrl, region = 'us' } = settings
  if (appId === undefined && settings.endpoint === undefined) {
    throw new Failure('The environment id is not set: give --app-id, or HEAP_APP_ID in the environment or in .env.')
  }
  if (appId !== undefined && !/^\d+$/.test(appId.replaceAll(/^[\s/]+|[\s/]+$/g, ''))) {
    throw new Failure(`${settings.from.appId} must be digits: the number after env/ in the address of Heap.`)
  }
  if (region !== 'us' && region !== 'eu') throw new Failure(`${settings.from.region} must be us or eu.`)
  const at = settings.from.endpoint ?? settings.from.baseUrl
  if (endpoint !== undefined && !isWebAddress(endpoint)) {
    throw new Failure(`${at} must be an http or https address without a user, a query and a fragment.`)
  }
  return {
    appId: appId ?? '',
    region,
    ...(endpoint !== undefined && { endpoint }),
    timeout,
    retry: { giveUpAfter },
    fetch: fetchOf(settings, ask),
  } as Parameters<typeof createHeap>[0]
}

/** An address that requests can go to. `fetch` refuses credentials in one. */
export function isWebAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.password && !/[?#]/.test(text)
}

/** A proxy is told the admin token, so that it takes any identity from a server that loads lists. */
function fetchOf({ endpoint, adminToken }: Settings, fetch: Fetch): Fetch {
  if (endpoint === undefined || adminToken === undefined) return fetch
  const authorization = `Bearer ${adminToken}`
  return (url, init) => fetch(url, { ...init, headers: { authorization, ...(init.headers as object) } })
}

/** The client of records. It looks at each before it is sent. */
export function heapOf(settings: Settings, times?: Times): Heap {
  return createHeap({ ...optionsOf(settings, times), check: createCheck() })
}

/** What `send` of the client takes. */
export function sendSettingsOf(settings: Settings, times?: Times): SendSettings {
  return readOptions(optionsOf(settings, times))
}

/** The client of deletions, with the API key or, at a proxy, with its admin token. */
export function heapAdminOf(settings: Settings, { giveUpAfter = 120_000 }: Times = {}): HeapAdmin {
  const { appId, region: _, ...rest } = optionsOf(settings)
  const key = adminKeyOf(settings)
  if (!appId) {
    throw new Failure('The environment id is not set: deletions need --app-id or HEAP_APP_ID, at a proxy too.')
  }
  return createHeapAdmin({
    ...rest,
    retry: { giveUpAfter },
    appId,
    apiKey: key,
    fetch: globalFetch,
  })
}

/** @throws Failure where it is not set */
export function adminKeyOf({ endpoint, apiKey, adminToken }: Settings): string {
  const key = endpoint === undefined ? apiKey : adminToken
  if (key !== undefined) return key
  throw new Failure(
    endpoint === undefined
      ? "Heap's API key is not set: put HEAP_API_KEY into the environment or into .env."
      : "The proxy's admin token is not set: put HEAP_ADMIN_TOKEN into the environment or into .env.",
  )
}
