/**
 * The page on which a customer allows a partner to be connected.
 * @module
 */
import { html } from 'hono/html'
import type { Reply } from '../reply.ts'
import type { ConnectRequest } from './requests.ts'

/** The page. Its buttons post to the address that it has, query included; so can a test. */
export async function consent({ client_id, redirect_uri }: ConnectRequest): Promise<Reply> {
  const nonce = crypto.randomUUID()
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Connect to the local Heap</title>
        <style nonce="${nonce}">
          :root {
            color-scheme: light dark;
          }
          body {
            max-width: 32rem;
            margin: 12vh auto 0;
            padding: 0 1rem;
            background: light-dark(#f5f6f8, #101318);
            color: light-dark(#1b2130, #e8ebf1);
            font:
              1rem/1.5 system-ui,
              sans-serif;
            overflow-wrap: anywhere;
          }
          h1 {
            font-size: 1.5rem;
          }
          button {
            padding: 0.25rem 1rem;
            border: 1px solid light-dark(#3554d1, #8ea6ff);
            border-radius: 0.375rem;
            background: none;
            color: inherit;
            font: inherit;
            cursor: pointer;
          }
          button[value='allow'] {
            background: light-dark(#3554d1, #8ea6ff);
            color: light-dark(#ffffff, #101318);
          }
        </style>
      </head>
      <body>
        <h1>Connect ${client_id} to the local Heap?</h1>
        <p>Whenever a segment is synced, it will be told who has entered and who has left.</p>
        <p>Either way you go back to ${redirect_uri}.</p>
        <form method="post">
          <button name="decision" value="allow">Allow</button>
          <button name="decision" value="deny">Deny</button>
        </form>
      </body>
    </html>`
  return {
    status: 200,
    type: 'text/html',
    body: page.toString(),
    headers: {
      // No form-action: Chromium holds it against redirects too, and so nobody would come back to the partner.
      'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    },
  }
}
