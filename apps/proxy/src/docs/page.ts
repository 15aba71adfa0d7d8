/**
 * The OpenAPI document as a page to read: no script, no outside resource.
 * @module
 */
import { html, raw } from 'hono/html'
import { PROBLEMS } from '../problem.ts'
import type { openapi } from './openapi.ts'

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dcdfe4, #373c44); --soft: light-dark(#f5f6f8, #1d2025); --quiet: light-dark(#5b6270, #a2a9b5); --accent: light-dark(#2453d6, #8fb0ff) }
body { margin: 0 auto; max-width: 52rem; padding: 2rem 1.25rem 4rem; font: 16px/1.55 system-ui, sans-serif; background: light-dark(#fff, #14161a); color: light-dark(#191c21, #e7e9ed) }
h1 { margin: 0; font-size: 1.7rem } h2 { margin: 2.5rem 0 .5rem; font-size: 1.15rem } h3 { margin: 1.25rem 0 .25rem; font-size: .95rem; color: var(--quiet) }
a { color: var(--accent) } code, pre { font: .875em/1.5 ui-monospace, monospace } p { margin: .4rem 0 }
pre { overflow-x: auto; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--soft) }
.method { padding: .1rem .45rem; border-radius: 5px; background: var(--accent); color: light-dark(#fff, #14161a); font-size: .8rem }
.table { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .9rem } td, th { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
`

type Document = ReturnType<typeof openapi>
interface Schema {
  type?: string
  description?: string
  required?: string[]
  properties?: Record<string, Schema>
  items?: Schema
}

/** @param origin where this Worker is, for the examples */
export function page(document: Document, origin: string) {
  const ingest = Object.entries(document.paths as Record<string, { post?: { tags: string[] } }>).filter(([, item]) =>
    item.post?.tags.includes('ingest'),
  )
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>heap-edge: routes</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>heap-edge</h1>
        <p>
          Send events and properties to Heap without holding its API key. The bodies are those of Heap itself;
          <code>app_id</code> may be left out. As a file for tools: <a href="/openapi.json">/openapi.json</a>.
        </p>
        <p>
          A record has exactly one of <code>identity</code> (up to 255 characters) and <code>user_id</code>. Many
          records go as a list of up to 1000, such as
          <code>{"events": [{"event": "Purchase", "identity": "alice@example.com"}]}</code>. A body may have 1,000,000
          bytes of JSON in UTF-8.
        </p>
        <p>
          Where this Worker has an <code>IDENTITY_SECRET</code>, a record with an <code>identity</code> needs
          <code>Authorization: Bearer</code> and a token for it that the site's back end has signed: a JWT by HS256
          whose <code>sub</code> is the identity, with <code>exp</code>. <code>signIdentity</code> of
          <code>heap-edge/admin</code> makes one. The <code>ADMIN_TOKEN</code> does for all identities.
        </p>
        ${ingest.map(([path, item]) => route(path, item.post as unknown as Operation, origin))}
        <h2>For operators</h2>
        <p>
          With <code>Authorization: Bearer</code> and the <code>ADMIN_TOKEN</code>:
          ${operations(document.paths, 'admin')}.
        </p>
        <p>Heap's own routes: ${operations(document.paths, 'heap')}.</p>
        <h2>For Heap's webhooks, and other services</h2>
        <p>What comes starts workflows of <code>heap.config.ts</code>: ${operations(document.paths, 'hooks')}.</p>
        <h2>For everybody</h2>
        <p>Without a token: ${operations(document.paths, 'pages')}.</p>
        <h2>Answers</h2>
        <p>
          Every answer of these routes says in <code>Heap-Edge-Outcome</code> what became of the records:
          <code>delivered</code>, <code>queued</code>, <code>suppressed</code> or <code>rejected</code>; where a list
          came to several ends, <code>Heap-Edge-Records</code> counts them. An error is
          <code>application/problem+json</code>, and its <code>errors</code> point at each wrong place.
        </p>
        <div class="table">
          <table>
            <tr>
              <th>Status</th>
              <th>Problem</th>
              <th>Meaning</th>
            </tr>
            <tr>
              <td>200</td>
              <td></td>
              <td>Heap has all of it; or, <code>suppressed</code>, the user is being deleted and nothing was sent.</td>
            </tr>
            <tr>
              <td>202</td>
              <td></td>
              <td>Heap has it, or will get it: what it cannot take now is safe in the outbox.</td>
            </tr>
            ${Object.entries(PROBLEMS).map(
              ([kind, [status, title]]) =>
                html`<tr id="${kind}">
                  <td>${status}</td>
                  <td><code>${kind}</code></td>
                  <td>${title}.</td>
                </tr>`,
            )}
          </table>
        </div>
      </body>
    </html>`
}

/** The routes with a tag, each with what it does. */
function operations(paths: Record<string, object>, tag: string) {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, { tags: string[]; summary: string }>)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([method, { summary }]) => html`<br /><code>${method.toUpperCase()} ${path}</code> ${summary}`),
  )
}

interface Operation {
  summary: string
  requestBody: { content: { 'application/json': { schema: { oneOf: Schema[] }; example: unknown } } }
}

function route(path: string, operation: Operation, origin: string) {
  const { schema, example } = operation.requestBody.content['application/json']
  const [one] = schema.oneOf
  const command = `curl ${origin}${path} -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'`
  return html`<h2><span class="method">POST</span> <code>${path}</code></h2>
    <p>${operation.summary}.</p>
    <pre>${command}</pre>
    <div class="table">
      <table>
        <tr>
          <th>Field</th>
          <th>Type</th>
          <th></th>
        </tr>
        ${Object.entries(one?.properties ?? {}).map(
          ([name, field]) =>
            html`<tr>
              <td><code>${name}</code>${one?.required?.includes(name) ? ' *' : ''}</td>
              <td>${field.type ?? ''}</td>
              <td>${field.description ?? ''}</td>
            </tr>`,
        )}
      </table>
    </div>`
}
