/**
 * Who the visitor of a page is, and what else is remembered from page to page.
 * @module
 */
import { type HeapIds, type HeapScript, idsOfCookies, idsOfScript, SESSION_MS } from './heap-script.ts'
import { getItem, setItem } from './items.ts'

/** All that is remembered beside the queue; empty while nobody is tracked. */
export interface State {
  user_id?: string | undefined
  identity?: string | undefined
  /** The user_id that was joined to an identity last. */
  joined?: string | undefined
  /** Of a user who is not identified yet. */
  properties?: object | undefined
  /** With the time of its last event, in ms since 1970. */
  session?: { id: string; seen: number } | undefined
  eventProperties?: object | undefined
  /** Tracking was stopped; then there is nothing else. */
  isStopped?: true | undefined
}

/** Up to 53 random bits as digits, made as Heap's own SDK makes its ids. */
const randomId = () => (Math.random() * 2 ** 53).toFixed()

/** See {@link createVisitor}. */
export interface Visitor {
  state: () => Readonly<State>
  /** Reads what other pages have written, Heap's script too. */
  read: () => void
  /** Remembers a copy, for other pages too. */
  keep: (change: State) => void
  /** Forgets everything but this. */
  forget: (rest?: State) => void
  /** A new, anonymous one, in a new session. */
  renew: () => void
  /** Ids for now; none while nobody is tracked. With an event the session goes on; that is written with the next `keep`. */
  ids: (isEvent?: boolean) => Partial<HeapIds>
}

/**
 * @param name of the item in `localStorage`
 * @param appId empty where it is not known
 */
export function createVisitor(name: string, appId: string): Visitor {
  let state: State = {}
  let cookies: HeapIds | false | undefined

  function forget(rest?: State): void {
    setItem(name, rest)
    state = getItem(name) ?? {}
  }

  /** Other fields may have been changed by another tab just now; the session is written later than it goes on. */
  const keep = (change: State) => forget({ ...(getItem<State>(name) ?? state), session: state.session, ...change })

  return {
    state: () => state,
    keep,
    forget,

    read() {
      state = getItem<State>(name) ?? state
      cookies = undefined
      try {
        cookies = idsOfCookies(document.cookie, appId, Date.now())
      } catch {
        // There are none.
      }
    },

    // An id of Heap's script outlives that: it is not to be joined twice.
    renew: () => forget({ user_id: randomId(), joined: state.joined, eventProperties: state.eventProperties }),

    ids(isEvent) {
      const { user_id, session } = state
      if (!user_id) return {}
      const now = Date.now()
      const id = session && Math.abs(now - session.seen) < SESSION_MS ? session.id : randomId()
      if (isEvent) state.session = { id, seen: now }
      else if (id !== session?.id) keep({ session: { id, seen: now } })
      return {
        user_id,
        session_id: id,
        ...(idsOfScript((globalThis as { heap?: HeapScript }).heap) || cookies),
      }
    },
  }
}
