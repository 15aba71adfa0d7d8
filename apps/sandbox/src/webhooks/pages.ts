/**
 * The pages of a segment sync (heap-api section 7.2).
 * @module
 */

/** Who has entered a segment and who has left it, by the property that the customer chose; often an e-mail address. */
export interface Change {
  add?: string[]
  remove?: string[]
}

export interface Segment {
  id: number
  name: string
}

/** How many pages there are of so many users. */
export function countPages(users: number, { pages = 1, page_size }: { pages?: number; page_size?: number }): number {
  return page_size === undefined ? pages : Math.max(1, Math.ceil(users / page_size))
}

/** What stands on each page. A list of which a page has nothing is left out, except where there is but one page. */
export function pagesOf(change: Change, count: number, size?: number): Change[] {
  const { add = [], remove = [] } = change
  const users = add.length + remove.length
  if (count === 1) return [change]
  const startOf = (page: number) =>
    Math.min(users, size === undefined ? Math.floor((page * users) / count) : page * size)
  return Array.from({ length: count }, (_, page) => {
    const [from, to] = [startOf(page), startOf(page + 1)]
    const added = add.slice(from, to)
    const removed = remove.slice(Math.max(0, from - add.length), Math.max(0, to - add.length))
    return { ...(added.length > 0 && { add: added }), ...(removed.length > 0 && { remove: removed }) }
  })
}

/** Users as they stand on a page. */
export function usersOf({ add, remove }: Change) {
  const listed = (ids: string[]) => ids.map((id) => ({ id }))
  return { ...(add && { add: listed(add) }), ...(remove && { remove: listed(remove) }) }
}
