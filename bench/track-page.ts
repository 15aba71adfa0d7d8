/**
 * The pages that `track()` is measured in, with the proxies that they may be given: one that takes everything at once, and one
 * that wants to be left alone for an hour, so that records are stored and nothing is sent.
 *
 * The pages are cross-origin isolated, so that their clock has 5 microseconds and not 100.
 * @module
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { root } from '../scripts/workers.ts'

const PAGE = '<!doctype html><title>A page</title><body><script src="/heap-edge.js"></script>'

const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

export interface TrackSite {
  url: string
  /** Endpoints for the client. */
  endpoints: { taking: string; busy: string }
  stop(): void
}

function answer(path: string, response: ServerResponse): void {
  const json = { 'Content-Type': 'application/json' }
  if (path.startsWith('/taking/')) response.writeHead(200, json).end('{}')
  else if (path.startsWith('/busy/')) response.writeHead(429, { ...json, 'Retry-After': '3600' }).end('{}')
  else if (path === '/heap-edge.js') {
    const script = readFileSync(join(root, 'packages/client/dist/script/heap-edge.js'))
    response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script)
  } else response.writeHead(200, { 'Content-Type': 'text/html', ...ISOLATED }).end(PAGE)
}

/** Serves it. The client must be built. */
export async function startTrackSite(): Promise<TrackSite> {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => answer(request.url ?? '/', response))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    url,
    endpoints: { taking: `${url}/taking`, busy: `${url}/busy` },
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
