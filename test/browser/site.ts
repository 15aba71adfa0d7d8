/**
 * The pages of a site that uses the client, each with the strict Content-Security-Policy that the documents show.
 * @module
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { root } from '../../scripts/workers.ts'

const NONCE = 'c2l0ZQ'

/** The snippet as docs/browser.md shows it, without its last line, which loads. */
export const SNIPPET = /<script>\n(\(d=>.*)\n/.exec(readFileSync(join(root, 'docs', 'browser.md'), 'utf8'))?.[1] ?? ''

/** `told` has what the client told; a test sets `options` before. */
const LOAD = `
  globalThis.told = []
  const onError = ({ message, status, problems }, record) => told.push({ message, status, problems, record })
  heapEdge.load(globalThis.appId ?? '123456789', { onError, ...globalThis.options })`

const inline = (code: string) => `<script nonce="${NONCE}">${code}</script>`

/** The pages by their path; PROXY stands for where the script comes from, INTEGRITY for its hash. */
const PAGES: Record<string, string> = {
  '/': `<script src="PROXY/heap-edge.js"></script>${inline(LOAD)}`,
  '/tag': `<script src="PROXY/heap-edge.js" data-app-id="123456789" integrity="INTEGRITY" crossorigin></script>`,
  '/wrong-integrity': `<script src="PROXY/heap-edge.js" data-app-id="" integrity="sha384-AAAA" crossorigin></script>`,
  '/snippet': inline(SNIPPET.replace('https://heap-edge.example.workers.dev', 'PROXY')),
  '/blocked': inline(SNIPPET.replace('https://heap-edge.example.workers.dev', 'http://localhost:9')),
  // Can be loaded without a network, too.
  '/app': `<script src="PROXY/heap-edge.js"></script>${inline(LOAD + "\n  navigator.serviceWorker.register('/worker.js')")}`,
  '/elsewhere': '',
  // Neither storage nor locks in there.
  '/framed': '<iframe sandbox="allow-scripts" src="/"></iframe>',
}

const SERVICE_WORKER = `
  addEventListener('install', (event) =>
    event.waitUntil(caches.open('site').then((cache) => cache.addAll(['/app', 'PROXY/heap-edge.js']))))
  addEventListener('fetch', (event) => {
    if (event.request.method !== 'GET') return
    event.respondWith(caches.match(event.request).then((known) => known ?? fetch(event.request)))
  })`

export interface Site {
  url: string
  stop(): Promise<void>
}

/** @param proxy gives the address that the script comes from */
export async function startSite(proxy: () => string): Promise<Site> {
  async function page(path: string): Promise<string> {
    const html = (PAGES[path] ?? '').replaceAll('PROXY', proxy())
    if (!html.includes('INTEGRITY')) return html
    const script = await (await fetch(`${proxy()}/heap-edge.js`)).text()
    return html.replace('INTEGRITY', `sha384-${createHash('sha384').update(script).digest('base64')}`)
  }

  const policy = ({ origin }: URL) =>
    `default-src 'none'; script-src 'nonce-${NONCE}' ${origin}; connect-src ${origin}; frame-src 'self'; worker-src 'self'; img-src 'self'`
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    if (pathname === '/worker.js') {
      const code = SERVICE_WORKER.replace('PROXY', proxy())
      return void response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(code)
    }
    const headers = { 'Content-Type': 'text/html', 'Content-Security-Policy': policy(new URL(proxy())) }
    page(pathname).then(
      (html) => response.writeHead(200, headers).end(`<!doctype html><title>A site</title><body>${html}`),
      () => response.writeHead(500).end(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
