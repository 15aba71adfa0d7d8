/**
 * Writes down each touch of a storage in a page, so that it can be seen that a call makes none.
 * @module
 */

/**
 * Runs in the page, before its scripts, and knows nothing of this module. `touched` there has what is touched.
 *
 *     await page.addInitScript(watchStorage)
 */
export function watchStorage(): void {
  const page = globalThis as unknown as Record<string, { prototype: object }> & { touched: string[] }
  const touched: string[] = (page.touched = [])

  /** Puts in the place of a property one that writes down that it is called, read or written. */
  function watch(owner: object, key: string, name: string, wrap = (value: unknown) => value): void {
    type Call = (this: unknown, ...args: unknown[]) => unknown
    const { value, get, set } = Object.getOwnPropertyDescriptor(owner, key) as Record<'value' | 'get' | 'set', Call>
    const noting = (call: Call) =>
      function (this: unknown, ...args: unknown[]) {
        touched.push(name)
        return wrap(call.apply(this, args))
      }
    if (typeof value === 'function') {
      Object.defineProperty(owner, key, { value: noting(value) })
    } else if (get) {
      Object.defineProperty(owner, key, { get: noting(get), ...(set && { set: noting(set) }) })
    }
  }

  /** Items may be had without any method of their storage, and by a reference that was kept. */
  function watchedItems(storage: unknown): unknown {
    const handler = new Proxy(Reflect, {
      get: (_, operation: 'get') => (items: object, key: string, value: string) => {
        touched.push(`${operation} of an item`)
        // Its methods do not work on a proxy.
        const result: unknown = Reflect[operation](items, key, operation === 'get' ? items : value)
        return typeof result === 'function' ? (result.bind(items) as unknown) : result
      },
    })
    return new Proxy(storage as object, handler)
  }

  for (const type of ['IDBFactory', 'IDBDatabase', 'IDBTransaction', 'IDBObjectStore', 'Storage', 'CacheStorage']) {
    const { prototype } = page[type] as { prototype: object }
    for (const key of Object.keys(prototype)) watch(prototype, key, `${type}.${key}`)
  }
  watch((page.Document as { prototype: object }).prototype, 'cookie', 'document.cookie')
  for (const key of ['localStorage', 'sessionStorage']) watch(page, key, key, watchedItems)
}
