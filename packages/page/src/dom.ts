/**
 * The little that this page needs of a framework. Whatever comes from outside becomes text, never HTML.
 * @module
 */

/** The element of an id that stands in index.html. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`index.html has no #${id}`)
  return element
}

/** A new element with a class, and texts or elements in it. */
export function make(tag: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const element = document.createElement(tag)
  element.className = className
  element.append(...content)
  return element
}

/** Sets a text, and leaves an unchanged one alone, so that a selection in it stays. */
export function setText(id: string, text: string): void {
  const element = byId(id)
  if (element.textContent !== text) element.textContent = text
}

/**
 * A list whose rows stay the same elements while their items do: focus, selection and scrolling survive an update.
 * Rows that come later are marked as new.
 */
export function keyedList<Item>(id: string, keyOf: (item: Item) => string, row: (item: Item) => HTMLElement) {
  const list = byId(id)
  let shown = new Map<string, { content: string; element: HTMLElement }>()
  let first = true

  return (items: readonly Item[]): void => {
    const next: typeof shown = new Map()
    for (const item of items) {
      const key = keyOf(item)
      const content = JSON.stringify(item)
      const before = shown.get(key)
      const element = before?.content === content ? before.element : row(item)
      if (!before && !first) element.classList.add('new')
      next.set(key, { content, element })
    }
    for (const [key, { element }] of shown) if (next.get(key)?.element !== element) element.remove()
    let place = list.firstElementChild
    for (const { element } of next.values()) {
      if (element === place) place = place.nextElementSibling
      else list.insertBefore(element, place)
    }
    shown = next
    first = false
  }
}
