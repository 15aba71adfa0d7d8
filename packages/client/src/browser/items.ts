/**
 * `localStorage` that never throws: what it refuses stays in memory, for as long as the page lives. Values are kept as JSON.
 * @module
 */
const memory: Record<string, string> = {}

/** In no order. */
export function itemNames(prefix: string): string[] {
  const names = Object.keys(memory)
  try {
    names.push(...Object.keys(localStorage))
  } catch {}
  return names.filter((name) => name.startsWith(prefix))
}

/** Nothing where there is none, or where it is not ours. */
export function getItem<T>(name: string): T | undefined {
  try {
    return JSON.parse(memory[name] ?? localStorage[name]) as T
  } catch {}
}

/** Without a value the item is removed. */
export function setItem(name: string, value?: unknown): void {
  const json = JSON.stringify(value)
  delete memory[name]
  try {
    if (json) localStorage[name] = json
    else delete localStorage[name]
  } catch {
    if (json) memory[name] = json
  }
}
