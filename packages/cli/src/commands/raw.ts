/**
 * `heap-edge raw METHOD PATH`
 * @module
 */
import type { CommandDef } from 'citty'
import { createHeapAdmin, type HeapAdmin, type HeapAnswer } from 'heap-edge/admin'
import { command, type Given } from '../command.ts'
import { EXIT, Failure } from '../failure.ts'
import { adminKeyOf, heapAdminOf, isWebAddress } from '../heap.ts'
import { readText } from '../import/flags.ts'
import { parseTyped } from '../rows/number.ts'
import type { Settings } from '../settings.ts'

/** Below it the proxy sends any request to Heap. */
const PROXY_PATH = '/admin/raw'

export const rawCommand: CommandDef = command(
  { name: 'raw', description: "Send any request to Heap's API, with an access token" },
  {
    method: { type: 'positional', description: 'GET, POST, …', required: true },
    path: { type: 'positional', description: 'Begins with a slash, without a query', required: true },
    body: { type: 'string', valueHint: 'json|@file', description: 'The body, as JSON or in a file' },
    query: { type: 'string', valueHint: 'name=value', description: 'What stands after the ?; repeat it' },
  },
  async (given) => {
    const method = (given.text('method') ?? '').toUpperCase()
    const path = given.text('path') ?? ''
    if (!/^[A-Z]+$/.test(method)) throw new Failure('The method must be a word such as GET or POST.')
    if (!path.startsWith('/')) throw new Failure('The path must begin with a slash, such as /api/track.')
    const answer = await request(given, method, path)
    const { status } = answer
    const body = hidden(answer.body, given.output.hide)
    given.output.result({ status, body }, typeof body === 'string' ? body : JSON.stringify(body, undefined, 2))
    return EXIT.ok
  },
)

/** Of an answer anything may hold a secret, a name too. */
function hidden(value: unknown, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return hide(value)
  if (Array.isArray(value)) return value.map((part) => hidden(part, hide))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [hide(name), hidden(part, hide)]))
}

function request(given: Given, method: string, path: string): Promise<HeapAnswer> {
  const { settings } = given
  const options = { query: queryOf(given), body: bodyOf(given) }
  if (settings.endpoint === undefined) return heapAdminOf(settings).request(method, path, options)
  return throughProxy(settings).request(method, PROXY_PATH + path, { ...options, auth: 'none' })
}

/** The proxy gets the token of Heap by itself; it is told the admin token. */
function throughProxy(settings: Settings): HeapAdmin {
  const apiKey = adminKeyOf(settings)
  const { endpoint = '', appId = '0' } = settings
  if (!isWebAddress(endpoint)) throw new Failure(`${settings.from.endpoint} must be an http or https address.`)
  const headers = { authorization: `Bearer ${apiKey}`, 'heap-edge-auth': 'token' }
  return createHeapAdmin({
    appId,
    apiKey,
    endpoint,
    fetch: (url, init) => fetch(url, { ...init, headers: { ...(init.headers as object), ...headers } }),
  })
}

function queryOf(given: Given): Record<string, string> {
  return Object.fromEntries(
    given.all('query').map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new Failure('--query must be name=value.')
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function bodyOf(given: Given): unknown {
  const text = given.text('body')
  if (text === undefined) return undefined
  try {
    return parseTyped(text.startsWith('@') ? readText(text.slice(1)) : text)
  } catch (error) {
    if (error instanceof Failure) throw error
    if (error instanceof RangeError) throw new Failure(`--body: ${error.message}.`)
    throw new Failure('--body must be JSON, or @ and the name of a file with JSON.')
  }
}
