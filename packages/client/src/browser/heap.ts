/**
 * The client of a page: Heap's calls, on a visitor and a queue.
 * @module
 */
import type { Problem } from '@heap-edge/contract'
import type { HeapError } from '../errors.ts'
import { trimmed } from '../trimmed.ts'
import type { Path } from '../prepare.ts'
import type { AnyEvents, EventMap } from '../records.ts'
import { bodyOf } from './batch.ts'
import type { HeapBrowserOptions, IdentityToken } from './options.ts'
import { createQueue } from './queue.ts'
import { conform } from './schema.ts'
import { post } from './post.ts'
import type { Row } from './store.ts'
import type { HeapBrowser, Recorded } from './types.ts'
import { createVisitor, type State } from './visitor.ts'

type TokenFunction = Exclude<IdentityToken, string>

const ignored: Recorded = { outcome: 'ignored' }

/**
 * Makes the client of a page. It may be made on a server too, where the page is rendered: there it does nothing.
 *
 * @throws TypeError that says which option is wrong
 * @example
 * ```ts
 * const heap = createHeapBrowser({ endpoint: 'https://heap.example.com' })
 * heap.track('Signup', { plan: 'pro' })
 * heap.identify('alice@example.com')
 * ```
 */
export function createHeapBrowser<Events extends EventMap<Events> = AnyEvents>(
  options: HeapBrowserOptions<Events>,
): HeapBrowser<Events> {
  const { identityToken, schemas, onError } = options as HeapBrowserOptions
  const isPage = !!globalThis.document
  const endpoint = trimmed(options.endpoint)
  const appId = trimmed(options.appId ?? '')
  if (!endpoint.startsWith('http') || /\D/.test(appId)) throw TypeError('bad endpoint/appId')
  const name = `heap-edge.${appId}`
  const { state, read, keep, forget, renew, ids } = createVisitor(name, appId)
  const tokens: Record<string, string | null | undefined> = {}
  const warned: Record<string, unknown> = {}
  let rejected = 0

  function refuse(thrown: unknown, record?: object): Recorded {
    const error = Object(thrown) as HeapError & { problems: Problem[] }
    // It may be JavaScript's own, as for what is no JSON, or whatever a getter or a schema of the page throws.
    try {
      error.problems ??= []
    } catch {
      // It is frozen.
    }
    // Once for each message.
    if (isPage && location.hostname === 'localhost') warned[error.message] ??= [console.warn(error, record)]
    if (record) rejected++
    // What it throws is not ours.
    setTimeout(() => onError?.(error, record))
    return { outcome: 'rejected', error }
  }

  const askForToken = async (who: string) =>
    who[0] === 'i'
      ? (identityToken as TokenFunction)?.call
        ? (identityToken as TokenFunction)(who.slice(1))
        : identityToken
      : null

  async function send(rows: Row[], keepalive: boolean, isAgain?: boolean): Promise<HeapError | undefined> {
    const [{ path, who }] = rows as [Row]
    // Without a token the proxy says what is missing. All tabs wait for it.
    const token = (tokens[who] ??= (await askForToken(who).catch(() => {})) as string | null | undefined)
    // Stopped meanwhile: it is forgotten.
    if (!state().user_id) return
    const body = bodyOf(rows, `${appId && `"app_id":"${appId}",`}"sent_at":${Date.now()},`)
    const error = await post(endpoint + path, body, token, keepalive)
    if (error?.status !== 401) return error
    tokens[who] = null
    return token && !isAgain ? send(rows, keepalive, true) : error
  }

  const { add, wake, flush, leave, clear } = createQueue(
    name,
    options.maxQueued ?? 20_000,
    send,
    () => state().user_id,
    () => keep({}),
    (error, row) => {
      // No event would be taken with an identity that is refused, and to another one the visitor can still be joined.
      if (row && !row.list && row.who === `i${state().identity}`) keep({ identity: undefined, joined: undefined })
      refuse(error, row && JSON.parse(row.json))
    },
  )

  async function record(path: Path, input: object, list?: string): Promise<Recorded> {
    if (!state().user_id) return ignored
    const { identity, user_id } = input as { identity?: string; user_id?: string }
    await add({ path, list, who: identity ? `i${identity}` : `u${user_id}`, json: JSON.stringify(input) })
    return { outcome: 'stored' }
  }

  const addProperties = (identity: string, properties: object) =>
    record('/api/add_user_properties', { identity, properties }, 'users')

  function stop(rest?: State): void {
    forget(rest)
    void clear()
  }

  /** Reads what other tabs and Heap's script have changed. */
  function update(): void {
    if (!state().user_id) return
    read()
    if (state().isStopped) stop(state())
  }

  function begin(isAgain?: boolean): void {
    if (!isPage) return
    read()
    if ((navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl && options.respectGpc !== false) {
      return void (state().user_id && stop())
    }
    if (isAgain) keep({ isStopped: undefined })
    if (state().isStopped) return
    if (!state().user_id) renew()
    wake(0)
  }

  function setEventProperties(change: object, known = state().eventProperties): void {
    if (state().user_id) keep({ eventProperties: { ...known, ...change } })
  }

  const heap: HeapBrowser & Record<string, (...args: never[]) => unknown> = {
    async track(event: string, properties?: object) {
      const schema = schemas?.[event]
      const { identity, eventProperties } = state()
      // In this order: what is minted is of the time of the call, whatever the schema takes.
      return record(
        '/api/track',
        {
          event,
          ...ids(true),
          ...(identity && { identity, user_id: undefined }),
          timestamp: new Date(),
          // Cheaper than what is made for secrets, and of 52 random bits in each millisecond.
          idempotency_key: `${Date.now()}.${Math.random()}`,
          properties: { ...eventProperties, ...(schema ? await conform(event, schema, properties ?? {}) : properties) },
        },
        'events',
      )
    },

    async identify(value) {
      const identity = `${value ?? ''}`
      // Another tab may have done so just now.
      update()
      const known = state()
      if (!known.user_id || !identity.trim()) return ignored
      if (known.identity && known.identity !== identity) renew()
      const { properties, joined } = state()
      const { user_id } = ids()
      keep({ identity, joined: user_id, properties: undefined })
      // Heap takes one identity for a user_id.
      const joining = joined !== user_id && record('/api/v1/identify', { user_id, identity, timestamp: new Date() })
      return (properties && addProperties(identity, properties)) || joining || ignored
    },

    resetIdentity() {
      if (!state().identity) return
      // An id of Heap's script may have been reset as well.
      read()
      renew()
    },

    async addUserProperties(properties) {
      const { user_id, identity, properties: known } = state()
      if (identity) return addProperties(identity, properties)
      if (!user_id) return ignored
      keep({ properties: { ...known, ...properties } })
      return { outcome: 'stored' }
    },

    addAccountProperties: (account_id, properties) =>
      record('/api/add_account_properties', { account_id, properties }, 'accounts'),

    addEventProperties: setEventProperties,
    removeEventProperty: (name) => setEventProperties({ [name]: undefined }),
    clearEventProperties: () => setEventProperties({}, {}),
    getIdentity: () => state().identity as string,
    getUserId: () => ids().user_id as string,
    getSessionId: () => ids().session_id as string,

    startTracking: () => begin(true),

    stopTracking: () => stop({ isStopped: true }),
    onReady: (callback) => callback(),
    flush: async () => ({ ...(await flush()), rejected }),
  }

  // Nothing throws into the page.
  for (const name in heap) {
    const call = heap[name]
    heap[name] = (...args) => {
      try {
        const result = call?.(...args) as Promise<unknown> | undefined
        // Of what came to no record there is what it was called with. What there is none of is null.
        return result?.catch?.((error) => refuse(error, args)) ?? result ?? null
      } catch (error) {
        refuse(error)
      }
    }
  }

  if (isPage) {
    addEventListener('storage', update)
    addEventListener('online', () => wake(0))
    addEventListener('pagehide', leave)
    addEventListener('visibilitychange', () => {
      if (document.hidden) leave()
      else {
        update()
        wake(0)
      }
    })
  }
  // Whatever else it is, it is no consent.
  if ((options.consent ?? 'granted') === 'granted') begin()
  return heap as HeapBrowser<Events>
}
