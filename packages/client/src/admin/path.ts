/**
 * From a path to a URL under the base and nowhere else. Whoever can choose the path must not be able to choose who gets the
 * token.
 * @module
 */
import { notSent } from '../check/not-sent.ts'
import type { RequestOptions } from './types.ts'

/** What may stand in a path by RFC 3986, section 3.3, less the `@`, which separates credentials from a host. */
const characters = /^(?:[\w.~!$&'()*+,;=:/-]|%[\da-f]{2})*$/i
/** What may end a segment: servers differ on the backslash, on what is encoded, and on parameters after a semicolon. */
const separators = /[/\\?#;]|%2f|%5c|%3f|%23|%3b/i
/** URL parsers take the encoded form for a dot, too, and leave out blanks at the end. */
const dots = /^(?:\.|%2e){1,2}$/i
const blanks = / |%20/g
/** URL parsers leave out some of them wherever they stand, so that there may be a dot segment where none was. */
const controls = /\p{Cc}|%[01][\da-f]|%7f/iu

/**
 * The URL of a path, which begins with one slash and is percent-encoded.
 *
 * @param base without a slash at the end
 * @throws HeapRequestError where it would leave the base, by itself or once it is decoded
 * @example
 * ```ts
 * urlUnder('https://heapanalytics.com', '/api/v2/users', { limit: 5 }) // 'https://heapanalytics.com/api/v2/users?limit=5'
 * urlUnder('https://heapanalytics.com', '/api/%2e%2e/app') // HeapRequestError
 * ```
 */
export function urlUnder(base: string, path: string, query: RequestOptions['query'] = {}): string {
  const wrong = problemOf(path)
  if (wrong) throw notSent(base, [{ pointer: '/path', detail: wrong }])
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.append(name, String(value))
  const search = String(parameters)
  return base + path + (search && `?${search}`)
}

function problemOf(path: unknown): string | undefined {
  if (typeof path !== 'string' || !/^\/(?!\/)/.test(path)) return 'must begin with one slash'
  if (/[?#]/.test(path)) return 'must have neither ? nor #: what follows a ? belongs into query'
  if (!characters.test(path)) return 'must be percent-encoded, without @ and backslash'
  if (decodedOnce(path) === undefined) return 'must be UTF-8 where it is percent-encoded'
  // Whoever stands in between may decode it, and once more: in no reading may there be a way up.
  for (let text: string | undefined = path, before; text !== undefined && text !== before; text = decodedOnce(text)) {
    if (controls.test(text)) return 'must not have control characters in it'
    const segments = text.replaceAll(blanks, '').split(separators)
    if (segments.some((segment) => dots.test(segment))) return 'must not have . or .. in it'
    before = text
  }
}

function decodedOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
