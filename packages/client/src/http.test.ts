/**
 * Against a real server: what the pure tests cannot see is whether connections, bodies and aborts work as they should.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { createHeap } from './heap.ts'

type Handler = (body: string, response: ServerResponse, request: IncomingMessage) => void

const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

/** A client of a server that answers each request in turn by one of the handlers; the last one stays. */
async function serve(...handlers: Handler[]) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const handler = handlers[Math.min(bodies.length, handlers.length - 1)]
    bodies.push(body)
    handler?.(body, response, request)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const heap = createHeap({ appId: '1', endpoint: `http://127.0.0.1:${port}`, retry: { base: 1, max: 1 } })
  return { heap, bodies, server }
}

const ok: Handler = (_, response) => response.setHeader('content-type', 'application/json').end('{}')

it('makes round trips, and frees each connection for the next', async () => {
  const { heap, bodies, server } = await serve(ok)
  let connections = 0
  server.on('connection', () => connections++)
  const events = Array.from({ length: 20 }, (_, index) => ({ event: `${index}`, identity: 'é' }))
  for (const event of events) expect(await heap.track(event)).toMatchObject({ outcome: 'delivered' })
  expect(bodies.map((body) => JSON.parse(body) as object)).toMatchObject(events)
  expect(connections).toBeLessThan(4)
})

it('sends the same event with the same key when the connection is cut after the request was taken', async () => {
  const cut: Handler = (_body, _response, request) => request.socket.destroy()
  const { heap, bodies } = await serve(cut, cut, ok)
  const result = await heap.track({ event: 'Purchase', identity: 'a' })
  expect(bodies).toHaveLength(3)
  expect(new Set(bodies)).toEqual(new Set([expect.stringContaining(String(result.idempotency_key))]))
})

it('retries a 503 and refuses a 400, with the reason', async () => {
  const { heap, bodies } = await serve(
    (_, response) => response.writeHead(503).end('<html>busy</html>'),
    (_, response) => response.writeHead(400, { 'content-type': 'text/plain' }).end('Bad request'),
  )
  await expect(heap.addAccountProperties({ account_id: 'Acme' })).rejects.toThrow(/answered 400: Bad request$/)
  expect(bodies).toHaveLength(2)
})

it('ends a request when the signal is aborted, on both sides', async () => {
  const abort = new AbortController()
  const closed = Promise.withResolvers<void>()
  const { heap } = await serve((_, response) => {
    response.on('close', () => closed.resolve())
    abort.abort()
  })
  await expect(heap.track({ event: 'a', identity: 'a' }, { signal: abort.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
  await closed.promise
})
