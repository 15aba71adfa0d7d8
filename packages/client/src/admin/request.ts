/**
 * Any request below the base URL, so that a route which Heap adds can be used at once.
 * @module
 */
import { notSent } from '../check/not-sent.ts'
import { parsed } from './body.ts'
import { type Credentials, perform } from './call.ts'
import type { AdminSettings } from './options.ts'
import { urlUnder } from './path.ts'
import type { HeapAnswer, RequestOptions } from './types.ts'

/** Sends it. GET and HEAD change nothing and may be repeated; of the others nobody knows. */
export async function request(
  method: string,
  path: string,
  settings: AdminSettings,
  tokens: Credentials,
  { query, body, auth = 'token', signal }: RequestOptions = {},
): Promise<HeapAnswer> {
  const verb = method.toUpperCase()
  const reads = verb === 'GET' || verb === 'HEAD'
  const refuse = (pointer: string, detail: string) => notSent(settings.base, [{ pointer, detail }])
  // fetch sends none of the three, and its error would look as if Heap did not answer.
  if (!/^[A-Z]+$/.test(verb) || /^(?:CONNECT|TRACE|TRACK)$/.test(verb))
    throw refuse('/method', 'must be an HTTP method')
  if (reads && body !== undefined) throw refuse('/body', `must be left out of a ${verb}`)
  // Whatever else would be sent without the token that somebody meant, or with the one that nobody did.
  if (auth !== 'token' && auth !== 'none') throw refuse('/auth', "must be 'token' or 'none'")

  const call = {
    method: verb,
    url: urlUnder(settings.base, path, query),
    body: JSON.stringify(body),
    repeatable: reads,
  }
  const { status, headers, text } = await perform(call, settings, auth === 'token' ? tokens : undefined, signal)
  return { status, headers, body: parsed(text) }
}
