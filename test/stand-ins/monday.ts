/**
 * monday.com's GraphQL API, as far as the items of a board go. It reads no GraphQL: it takes two forms of query and refuses all
 * others. developer.monday.com/api-reference/docs/querying-board-items, errors, rate-limits
 * @module
 */
import { jsonOf, type Reply, type StandIn, standIn, stop } from './server.ts'

/** An item as it stands on a board: values by the titles of their columns. */
export interface MondayItem {
  id: string
  name: string
  values: Record<string, string | null>
}

/** monday.com, with its boards. */
export interface Monday extends StandIn {
  apiToken: string
  boards: Map<string, MondayItem[]>
  /** Complexity points that are left; a query costs ten for each item that it asks for. */
  budget: number
}

const CURSOR_LIFE_MS = 3_600_000
const POINTS_PER_ITEM = 10
const BUDGET = 5_000_000

const FIRST =
  /^query \(\$board: \[ID!\], \$limit: Int!\) \{ boards \(ids: \$board\) \{ items_page \(limit: \$limit\) \{(.+)\} \} \}$/s
const NEXT =
  /^query \(\$cursor: String!, \$limit: Int!\) \{ next_items_page \(cursor: \$cursor, limit: \$limit\) \{(.+)\} \}$/s
const FIELDS = new Set('cursor items id name updated_at column_values text column title display_value'.split(' '))

const refused = (status: number, code: string, message: string, more: object = {}): Reply => ({
  status,
  body: { data: null, errors: [{ message, extensions: { code, ...more } }], account_id: 1 },
})

/** @param now milliseconds since 1970: a cursor lives for an hour from the first page on */
export async function startMonday({ now = Date.now }: { now?: () => number } = {}): Promise<Monday> {
  const apiToken = 'eyJhbGciOiJIUzI1NiJ9.token.signature'
  const boards: Monday['boards'] = new Map()
  const cursors = new Map<string, { board: string; offset: number; until: number }>()

  const service = Object.assign(await standIn(answer, now), { apiToken, boards, budget: BUDGET })
  return service

  function answer({ method, path, headers, at, ...seen }: Parameters<Parameters<typeof standIn>[0]>[0]): Reply {
    if (method !== 'POST' || path !== '/v2') stop({ status: 404, body: 'Not found' })
    if (headers.get('authorization') !== apiToken) stop({ status: 401, body: { errors: ['Not Authenticated'] } })
    if (!/^\d{4}-(?:01|04|07|10)$/.test(headers.get('api-version') ?? '')) {
      stop(refused(400, 'API_VERSION', 'Unknown API version'))
    }
    const bad = refused(400, 'JsonParseException', 'Syntax error in JSON input')
    const { query, variables } = jsonOf({ method, path, headers, at, ...seen }, bad)
    const { board, cursor, limit } = Object(variables) as { board?: string[]; cursor?: string; limit?: number }
    const fields = (FIRST.exec(String(query)) ?? NEXT.exec(String(query)))?.[1]?.replaceAll(/\.\.\. on \w+/g, '') ?? '?'
    const unknown = fields.match(/[^\s{}]+/g)?.find((name) => !FIELDS.has(name))
    if (unknown !== undefined) {
      stop(refused(400, 'undefinedField', `Cannot query field "${unknown}"`))
    }
    if (!Number.isInteger(limit) || (limit as number) < 1 || (limit as number) > 500) {
      stop(refused(200, 'InvalidArgumentException', 'limit must be from 1 to 500'))
    }
    const cost = (limit as number) * POINTS_PER_ITEM
    if (service.budget < cost) {
      stop(refused(200, 'COMPLEXITY_BUDGET_EXHAUSTED', 'Complexity budget exhausted', { retry_in_seconds: 7 }))
    }
    service.budget -= cost

    const place =
      cursor === undefined ? { board: String(board?.[0]), offset: 0, until: at + CURSOR_LIFE_MS } : cursors.get(cursor)
    if (!place || at >= place.until)
      return refused(200, 'CursorException', 'CursorExpiredError: The cursor is no longer valid')
    const items = boards.get(place.board)
    if (!items) return { status: 200, body: { data: { boards: [] }, account_id: 1 } }
    const end = place.offset + (limit as number)
    const next = end < items.length ? `MSw${cursors.size}_${place.board}_${end}` : null
    if (next !== null) cursors.set(next, { ...place, offset: end })
    const page = { cursor: next, items: items.slice(place.offset, end).map(shown) }
    const data = cursor === undefined ? { boards: [{ items_page: page }] } : { next_items_page: page }
    return { status: 200, body: { data, account_id: 1 } }
  }
}

function shown({ id, name, values }: MondayItem): object {
  const column_values = Object.entries(values).map(([title, text], index) => ({
    id: `col${index}`,
    text,
    column: { title },
  }))
  return { id, name, updated_at: '2026-01-01T00:00:00Z', column_values }
}
