/**
 * `fetch` for the bodies of an import, by `node:http`: the global one copies each of them twice.
 * @module
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Fetch } from 'heap-edge'

/** What is read of an answer, in bytes. It says in a sentence or two what was wrong. */
const MOST_BYTES = 1_000_000

/** Bodies that a socket may still read. */
const underWay = new WeakSet<Uint8Array>()

/**
 * Gives the memory of a body back that nobody needs any more. Left to the garbage collector, there would be tens of megabytes of them.
 * Node 20 cannot.
 */
export function release(body: Uint8Array<ArrayBuffer>): void {
  if (!underWay.has(body)) body.buffer.transfer?.(0)
}

/** Of a connection that did not come about, so that nothing can have arrived. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])

/**
 * Keeps its connections, as many as there are requests at once.
 *
 * @param onReached told where a request may have arrived
 */
export function createFetch(onReached: () => void): Fetch {
  const secure = { request: httpsRequest, agent: new HttpsAgent({ keepAlive: true }) }
  const plain = { request: httpRequest, agent: new HttpAgent({ keepAlive: true }) }
  return (url, { method = 'GET', headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const { request, agent } = url.startsWith('https:') ? secure : plain
      const bytes = body as Uint8Array
      const sent = request(url, {
        method,
        agent,
        headers: { ...(headers as Record<string, string>), 'content-length': bytes.length },
        ...(signal && { signal }),
      })
      underWay.add(bytes)
      sent.on('finish', () => underWay.delete(bytes))
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (!NOT_CONNECTED.has(error.code)) onReached()
        reject(plainly(error, signal))
      })
      sent.on('response', (answer) => {
        onReached()
        read(answer).then(resolve, (error) => reject(plainly(error as Error, signal)))
      })
      sent.end(bytes)
    })
}

/** Why there was no answer, in a line that people can read: OpenSSL has two, with places in its source. */
function plainly(error: NodeJS.ErrnoException, signal: AbortSignal | null | undefined): unknown {
  if (signal?.aborted) return signal.reason
  if (error.code === 'EPROTO') return new Error('there is no TLS at this port; it may be one for http')
  // Of several addresses, none of which took the connection.
  return error.message === '' ? new Error(error.code) : error
}

/** As much of a `Response` as the client reads: a whole one would bring all of `fetch` into memory. */
async function read(answer: IncomingMessage): Promise<Response> {
  let body = ''
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
    if (body.length < MOST_BYTES) body += chunk
  }
  const { statusCode: status = 0, headers } = answer
  const read: Pick<Response, 'ok' | 'status' | 'text'> & { headers: Pick<Headers, 'get'> } = {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => headers[name]?.toString() ?? null },
    text: async () => body,
  }
  return read as Response
}
