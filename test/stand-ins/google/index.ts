/**
 * Google: the token endpoint for service accounts, and Sheets.
 * @module
 */
import { setTimeout } from 'node:timers/promises'
import { type Reply, rollingLimit, type Seen, type StandIn, standIn, stop } from '../server.ts'
import { createWorksheet, show, type Worksheet } from './grid.ts'
import { exhausted, forbidden, notFound, unauthenticated } from './problems.ts'
import { callOf, perform, type Spreadsheet } from './sheets.ts'
import { type KeyFile, Tokens } from './token.ts'

/** Google, with its spreadsheets. */
export interface Google extends StandIn {
  tokens: Tokens
  spreadsheets: Map<string, Spreadsheet>
  /** Makes a service account. */
  createAccount(email?: string): KeyFile
  /** Makes a spreadsheet with one worksheet, which an account may write to. */
  createSpreadsheet(id: string, title: string, rows: string[][], writer: string): Worksheet
}

const SCOPES = ['https://www.googleapis.com/auth/spreadsheets', 'https://www.googleapis.com/auth/drive']

/**
 * @param perMinute reads, and writes, that are taken from one account: 60, as Google says
 * @param latency milliseconds that a request is on its way, and its answer again; asked for each
 * @param now milliseconds since 1970
 */
export async function startGoogle({
  perMinute = 60,
  latency,
  now = Date.now,
}: { perMinute?: number; latency?: () => number; now?: () => number } = {}): Promise<Google> {
  const tokens = new Tokens()
  const spreadsheets: Google['spreadsheets'] = new Map()
  const limits = new Map<string, (at: number) => boolean>()

  const onTheWay = async () => latency && setTimeout(latency())
  const service: StandIn = await standIn(async (seen) => {
    await onTheWay()
    const reply = answer(seen)
    await onTheWay()
    return reply
  }, now)

  function answer(seen: Seen): Reply {
    if (seen.path === '/token') return tokens.issue(seen, `${service.url}/token`)
    const call = callOf(seen)
    if (!call) return stop({ status: 404, body: 'Not Found' })
    const email = holderOf(seen)
    const kind = call.writes ? 'Write' : 'Read'
    const name = `${kind} ${email}`
    if (!limits.has(name)) limits.set(name, rollingLimit(perMinute, 60_000))
    if (!limits.get(name)?.(seen.at)) stop(exhausted(kind))
    const spreadsheet = spreadsheets.get(call.id)
    if (!spreadsheet) return stop(notFound())
    const role = spreadsheet.sharedWith.get(email)
    if (role === undefined || (call.writes && role !== 'writer')) stop(forbidden())
    return perform(spreadsheet, seen, call.rest)
  }

  function holderOf({ headers, at }: Seen): string {
    const [, token = ''] = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '') ?? []
    const holder = tokens.holder(token, at)
    if (!holder) return stop(unauthenticated())
    if (!SCOPES.some((scope) => holder.scopes.has(scope))) {
      stop(forbidden('Request had insufficient authentication scopes.'))
    }
    return holder.email
  }

  return Object.assign(service, {
    tokens,
    spreadsheets,
    createAccount: (email = 'heap-edge@project.iam.gserviceaccount.com') =>
      tokens.createAccount(email, `${service.url}/token`),
    createSpreadsheet(id: string, title: string, rows: string[][], writer: string) {
      const worksheet = createWorksheet(0, title, rows)
      spreadsheets.set(id, { worksheets: [worksheet], sharedWith: new Map([[writer, 'writer']]) })
      return worksheet
    },
  })
}

/** What a worksheet shows, row by row. */
export function shown({ cells }: Worksheet): string[][] {
  return cells.map((row) => row.map(show))
}
