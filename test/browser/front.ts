/**
 * What stands between the browser and the proxy: lets requests through, writes them down, and answers in the proxy's place or
 * not at all where a test wants it. A server and no route of the browser's, so that it holds for a page that goes, too.
 * @module
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request to one of Heap's routes. */
export interface Seen {
  path: string
  origin: string
  authorization: string | undefined
  /** What was sent: the body as it is, and the property `n` of its events. */
  body: Record<string, unknown>
  ns: number[]
  /** When it came, and when it was answered; ms since 1970. */
  at: number
  until?: number
}

export interface Answer {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** Gives an answer, by `forward()` that of the proxy; or nothing, then the connection is cut. */
export type Handler = (request: Seen, forward: () => Promise<Answer>) => Promise<Answer | undefined>

export interface Front {
  /** With a path that is of this test only. */
  url: string
  requests: Seen[]
  /** From now on; without one all goes to the proxy. */
  handle(handler?: Handler): void
  /** Begins anew: waits for what is on its way, and takes nothing any more of the pages before. */
  reset(): Promise<void>
  stop(): Promise<void>
}

interface Event {
  properties?: { n?: number }
}

const HEAPS = /^\/api\//

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** The answer of the proxy to the same request. */
async function forwardTo(url: string, { method = '', headers }: IncomingMessage, body: string) {
  const kept = Object.entries(headers).filter(
    ([name]) => !/^(host|connection|content-length|accept-encoding)$/.test(name),
  )
  const response = await fetch(url, {
    method,
    headers: kept as [string, string][],
    ...(body && { body }),
  })
  const answer: Answer = { status: response.status, body: await response.text() }
  answer.headers = Object.fromEntries(response.headers)
  delete answer.headers['content-length']
  delete answer.headers['transfer-encoding']
  return answer
}

function send(response: ServerResponse, origin: string, answer: Answer | undefined): void {
  if (!answer) return void response.destroy()
  const cors = { 'access-control-allow-origin': origin, 'access-control-expose-headers': 'Retry-After, Date' }
  response.writeHead(answer.status, { ...cors, ...answer.headers })
  // Answers without a body must have none.
  response.end(answer.status === 204 ? undefined : answer.body)
}

/** @param proxy gives its address, once that is known */
export async function startFront(proxy: () => string): Promise<Front> {
  let handler: Handler | undefined
  let requests: Seen[] = []
  let serial = 0
  const onTheirWay = new Set<Promise<Answer>>()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers } = request
    const { origin = '*', authorization } = headers
    const [, page, url = ''] = /^\/(\d+)(\/.*)/.exec(request.url ?? '') ?? []
    const text = await textOf(request)
    // What a page still sends when it is closed must not become the next test's.
    if (page !== String(serial)) return void response.destroy()
    const forward = async () => {
      const answer = forwardTo(proxy() + url, request, text)
      onTheirWay.add(answer)
      return answer.finally(() => onTheirWay.delete(answer))
    }
    // Whoever answers in the proxy's place answers the question before, too.
    if (method === 'OPTIONS' && handler) {
      const headers = { 'access-control-allow-headers': 'Content-Type, Authorization' }
      return send(response, origin, { status: 204, headers })
    }
    if (method !== 'POST' || !HEAPS.test(url)) return send(response, origin, await forward())

    const body = JSON.parse(text) as Seen['body'] & { events?: Event[] }
    const ns = (body.events ?? []).flatMap(({ properties }) => properties?.n ?? [])
    const seen: Seen = { path: url, origin, authorization, body, ns, at: Date.now() }
    requests.push(seen)
    const answer = await (handler ?? ((_, forward) => forward()))(seen, forward)
    seen.until = Date.now()
    send(response, origin, answer)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    get url() {
      return `http://localhost:${(server.address() as AddressInfo).port}/${serial}`
    },
    get requests() {
      return requests
    },
    handle: (next) => void (handler = next),
    async reset() {
      serial++
      handler = undefined
      requests = []
      await Promise.allSettled(onTheirWay)
    },
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
