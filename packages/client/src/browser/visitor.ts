/**
 * Who the visitor of a page is, remembered from page to page.
 * @module
 */

/** A visitor: anonymous by a random `user_id`, or known by an identity. */
export interface Visitor {
  user_id: string
  identity?: string
  /** The identity has been posted, so that Heap has joined the two. */
  joined?: boolean
}

/** Where a visitor is kept, as `localStorage`. */
export type VisitorStorage = Pick<Storage, 'getItem' | 'setItem'>

/** The visitor as it is now, and a way to change it. */
export interface Remembered {
  get: () => Visitor
  set: (visitor: Visitor) => Visitor
}

const key = 'heap-edge'

/** 53 random bits as digits, as Heap's own SDK makes its ids. */
export function randomUserId(): string {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return String((high >>> 11) * 2 ** 32 + low)
}

/**
 * Keeps the visitor in a storage, and in memory where that is refused. It is read anew each time, since another tab may have
 * changed it, and touched by the first call only, so that a server may load the page's code.
 *
 * @param storage may throw, as `localStorage` does where the browser keeps it from the page
 */
export function rememberVisitor(storage: () => VisitorStorage, newUserId: () => string): Remembered {
  let memory: Visitor | undefined

  function read(): Visitor | undefined {
    try {
      const kept = JSON.parse(storage().getItem(key) ?? 'null') as Visitor | null
      if (/^\d{1,16}$/.test(kept?.user_id ?? '')) return kept ?? undefined
    } catch {
      // Refused, or written by somebody else: a new visitor.
    }
  }

  function set(visitor: Visitor): Visitor {
    try {
      storage().setItem(key, JSON.stringify(visitor))
      memory = undefined
    } catch {
      memory = visitor
    }
    return visitor
  }

  return { get: () => memory ?? read() ?? set({ user_id: newUserId() }), set }
}
