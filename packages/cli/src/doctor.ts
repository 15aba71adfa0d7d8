/**
 * Looks at each setting, and asks Heap or the proxy what it thinks of them. Nothing is written anywhere.
 * @module
 */
import { ADMIN_ORIGIN, INGEST_ORIGINS, PATHS } from '@heap-edge/contract/hosts'
import { isHeapRequestError } from 'heap-edge'
import { heapAdminOf, isWebAddress } from './heap.ts'
import type { Settings } from './settings.ts'

/** One sentence about one thing. */
export interface Finding {
  about: string
  state: 'well' | 'note' | 'wrong' | 'unreachable'
  says: string
}

/** How long one answer may take, in ms. */
const TIMEOUT_MS = 10_000

const JSON_TYPE = { 'content-type': 'application/json' }

export async function* examine(settings: Settings): AsyncGenerator<Finding> {
  const before = [...aboutSettings(settings)]
  yield* before
  const bad = new Set(before.filter(({ state }) => state === 'wrong').map(({ about }) => about))
  if (settings.endpoint !== undefined) {
    if (!bad.has('endpoint')) yield* aboutProxy(settings, settings.endpoint, bad.has('appId'))
  } else if (!bad.has('baseUrl') && !bad.has('region')) yield* aboutHeap(settings, bad.has('appId'))
}

/** What can be told without asking anybody. */
function* aboutSettings({ appId, endpoint, region, baseUrl, from }: Settings): Generator<Finding> {
  const wrong = (about: string, says: string): Finding => ({ about, state: 'wrong', says })
  if (appId === undefined) {
    yield endpoint === undefined
      ? wrong(
          'appId',
          'The environment id is not set: put HEAP_APP_ID into .env; it is the number after env/ in the address of Heap.',
        )
      : {
          about: 'appId',
          state: 'note',
          says: 'The environment id is not set: the proxy uses its own; for deletions set HEAP_APP_ID.',
        }
  } else if (/^\d+$/.test(appId.replaceAll(/^[\s/]+|[\s/]+$/g, ''))) {
    yield { about: 'appId', state: 'well', says: `The environment id is ${appId}, from ${from.appId}.` }
  } else yield wrong('appId', `${from.appId} must be digits: the number after env/ in the address of Heap.`)
  if (region !== undefined && region !== 'us' && region !== 'eu') {
    yield wrong('region', `${from.region} must be us or eu; leave it out for us.`)
  }
  for (const [name, value] of Object.entries({ endpoint, baseUrl })) {
    if (value !== undefined && !isWebAddress(value)) {
      const at = from[name as 'endpoint' | 'baseUrl']
      yield wrong(name, `${at} must be an http or https address such as https://heap-edge.example.workers.dev.`)
    }
  }
}

async function* aboutProxy(settings: Settings, endpoint: string, badAppId: boolean): AsyncGenerator<Finding> {
  const base = endpoint.replace(/\/+$/, '')
  const health = await ask(`${base}/healthz`)
  if (health.error !== undefined) {
    yield unreachable(
      'endpoint',
      `The proxy at ${endpoint} does not answer (${health.error}): look at ${settings.from.endpoint}, and whether it runs.`,
    )
    return
  }
  if (!health.ok) {
    // What else refuses, such as a path of the proxy's own, is not its health.
    const detail = health.status !== 503 ? undefined : (health.body as { detail?: unknown } | undefined)?.detail
    yield typeof detail === 'string'
      ? {
          about: 'endpoint',
          state: 'wrong',
          says: `The proxy is not in order: ${detail.replace(/\.$/, '')}; set that where it runs.`,
        }
      : notAProxy(endpoint, settings)
    return
  }
  if ((health.body as { status?: unknown } | undefined)?.status !== 'ok') {
    yield notAProxy(endpoint, settings)
    return
  }
  yield { about: 'endpoint', state: 'well', says: `The proxy at ${endpoint} answers and is in order.` }
  yield* aboutAdminToken(settings, base, badAppId)
}

function notAProxy(endpoint: string, { from }: Settings): Finding {
  const { pathname } = new URL(endpoint)
  const path = /^\/+$/.test(pathname) ? '' : `, and leave out ${pathname}`
  return {
    about: 'endpoint',
    state: 'wrong',
    says: `What answers at ${endpoint} is no heap-edge proxy, which has /healthz: look at ${from.endpoint}${path}.`,
  }
}

async function* aboutAdminToken(settings: Settings, base: string, badAppId: boolean): AsyncGenerator<Finding> {
  const { adminToken, appId, from } = settings
  const about = 'adminToken'
  if (adminToken === undefined) {
    yield {
      about,
      state: 'note',
      says: 'The admin token is not set: deletions and raw need HEAP_ADMIN_TOKEN, and imports where the proxy has an IDENTITY_SECRET.',
    }
    if (appId !== undefined && !badAppId) {
      yield {
        about: 'appId',
        state: 'note',
        says: `app_id ${appId}: the proxy tells with HEAP_ADMIN_TOKEN only whether it writes to it, and refuses all records where it does not.`,
      }
    }
    return
  }
  const answer = await ask(`${base}/admin/outbox?limit=0`, { headers: { authorization: `Bearer ${adminToken}` } })
  if (answer.error !== undefined || answer.status >= 500) {
    yield unreachable(about, 'The proxy does not answer to the admin token: try again, and look at its logs.')
  } else if (answer.status === 403) {
    yield {
      about,
      state: 'wrong',
      says: 'The proxy has no ADMIN_TOKEN: set one there by wrangler secret put ADMIN_TOKEN.',
    }
  } else if (!answer.ok) {
    yield {
      about,
      state: 'wrong',
      says: `The proxy refuses ${from.adminToken}: it must be what its secret ADMIN_TOKEN is.`,
    }
  } else {
    yield { about, state: 'well', says: `The proxy takes the admin token, from ${from.adminToken}.` }
    if (appId !== undefined && !badAppId) yield* aboutAppId(settings, appId, answer.body)
  }
}

/** @param outbox of the proxy, which names the environments that it writes to */
async function* aboutAppId(settings: Settings, appId: string, outbox: unknown): AsyncGenerator<Finding> {
  const refused = await tokenRefusal(settings)
  if (refused === undefined) return
  const { shards } = (outbox ?? {}) as { shards?: { app_id?: unknown }[] }
  const about = 'appId'
  const at = settings.from.appId
  if (shards?.some(({ app_id }) => app_id === appId.replaceAll(/\D/g, ''))) {
    yield {
      about,
      state: 'note',
      says: `${at} is not the HEAP_APP_ID of the proxy: it writes there, and deletes nobody; for deletions set the same.`,
    }
  } else if (refused === 'unreachable')
    yield unreachable(about, 'The proxy gives no access token now: try again later.')
  else yield { about, state: 'wrong', says: `${at} is no environment that the proxy writes to: set its HEAP_APP_ID.` }
}

async function* aboutHeap(settings: Settings, badAppId: boolean): AsyncGenerator<Finding> {
  const { baseUrl, region, apiKey, appId, from } = settings
  const host = baseUrl ?? INGEST_ORIGINS[(region ?? 'us') as keyof typeof INGEST_ORIGINS]
  // Refused by whatever stands in for Heap, as it names nobody; at another address there is no such route.
  const answer =
    baseUrl === undefined
      ? await ask(host)
      : await ask(host.replace(/\/+$/, '') + PATHS.track, { method: 'POST', headers: JSON_TYPE, body: '{}' })
  if (answer.error !== undefined) {
    const look =
      baseUrl === undefined ? 'look at the network and its firewall' : `look at ${from.baseUrl}, and whether it runs`
    yield unreachable('baseUrl', `${host} does not answer (${answer.error}): ${look}.`)
    return
  }
  if (baseUrl !== undefined && !isOfHeap(answer)) {
    yield notHeap('baseUrl', host, answer.status, settings)
    return
  }
  yield { about: 'baseUrl', state: 'well', says: `${host} answers.` }
  if (apiKey === undefined) {
    yield { about: 'apiKey', state: 'note', says: 'The API key is not set: only deletions and raw need HEAP_API_KEY.' }
    // With a key its access token tells.
    if (appId !== undefined && !badAppId) {
      yield {
        about: 'appId',
        state: 'note',
        says: `app_id ${appId}: Heap takes events for any number and does not say whether it is there; look at the number after env/ in its address bar.`,
      }
    }
  } else if (!badAppId) {
    const refused = await tokenRefusal(settings)
    const at = baseUrl ?? ADMIN_ORIGIN
    if (refused === undefined)
      yield { about: 'apiKey', state: 'well', says: `Heap takes the API key, from ${from.apiKey}.` }
    else if (refused === 401 || refused === 403) {
      yield {
        about: 'apiKey',
        state: 'wrong',
        says: `Heap refuses ${from.apiKey}, or ${from.appId} is not of Main Production: make a new key in Account > Manage > Privacy & Security.`,
      }
    } else if (refused === 'unreachable') {
      yield unreachable('apiKey', `${at} gives no access token now: try again later.`)
    } else yield notHeap('apiKey', at, refused, settings)
  }
}

/** Of an answer to a body that says nothing: Heap refuses it; what takes anything answers in JSON, as Heap does. */
function isOfHeap({ ok, status, body }: { ok: boolean; status: number; body: unknown }): boolean {
  if (ok) return typeof body === 'object'
  return status >= 400 && status !== 404 && status !== 405
}

function notHeap(about: string, host: string, status: number, { from }: Settings): Finding {
  const look =
    from.baseUrl === undefined
      ? 'look at the network'
      : `look at ${from.baseUrl}, which ends before /api where it has one`
  return { about, state: 'wrong', says: `What answers at ${host} is not Heap's API (${status}): ${look}.` }
}

/** Nothing where there is an access token for the key; the status of a refusal. */
async function tokenRefusal(settings: Settings): Promise<number | 'unreachable' | undefined> {
  try {
    await heapAdminOf(settings, { giveUpAfter: 0 }).accessToken()
  } catch (error) {
    return (isHeapRequestError(error) && error.status) || 'unreachable'
  }
}

function unreachable(about: string, says: string): Finding {
  return { about, state: 'unreachable', says }
}

/** `error` says in a word why there is no answer. */
async function ask(
  url: string,
  request: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ error: string } | { error?: undefined; ok: boolean; status: number; body: unknown }> {
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    const body: unknown = await response.json().catch(() => undefined)
    return { ok: response.ok, status: response.status, body }
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } }
    return { error: name === 'TimeoutError' ? 'timed out' : (cause?.code ?? 'no connection') }
  }
}
