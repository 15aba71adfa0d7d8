/**
 * What a command says: results to standard output, everything else to standard error; no secret to either, and nothing that a
 * terminal would obey.
 * @module
 */
import { stripVTControlCharacters } from 'node:util'

/** Of a terminal: what stands in the line, such as how far it is, makes room. */
const CLEAR = '\r\u001B[K'

/** A table of two columns. */
export type Facts = Record<string, string | number | undefined>

/** Where a command writes. */
export interface Output {
  /** Whether one JSON object is wanted, and nothing else on standard output. */
  json: boolean
  /** The result: the object with `--json`, else the text. */
  result: (value: object, text: string) => void
  /** Something to know meanwhile. */
  note: (line: string) => void
  /** Takes secrets out of a text. */
  hide: (text: string) => string
}

/** A shorter one is no secret, and may be a word that stands anywhere. */
const SHORTEST_SECRET = 6

/** Of JSON: what stands there are words of ours or of Heap, by which scripts tell what happened. */
const WORDS: ReadonlySet<string> = new Set(['about', 'state', 'status', 'outcome'])

/** @param secrets what must never be shown */
export function createOutput(json: boolean, secrets: readonly (string | undefined)[]): Output {
  // In the form of JSON too, which may write some characters in another way.
  const hidden = secrets.flatMap((secret = '') =>
    secret.length < SHORTEST_SECRET ? [] : [secret, JSON.stringify(secret).slice(1, -1)],
  )
  const hide = (text: string) => hidden.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
  return {
    json,
    hide,
    result(value, text) {
      if (json) console.log(escaped(JSON.stringify(value, (name, part: unknown) => hidePart(name, part, hide))))
      else if (text !== '') console.log(harmless(hide(text)))
    },
    note: (line) => console.error(`${process.stderr.isTTY ? CLEAR : ''}${harmless(hide(line))}`),
  }
}

/** Names are left as they are. */
function hidePart(name: string, part: unknown, hide: (text: string) => string): unknown {
  return typeof part === 'string' && !WORDS.has(name) ? hide(part) : part
}

/** The signs of our own may have a colour. */
// oxlint-disable-next-line no-control-regex -- it looks for them
const COLOUR = /(\u001B\[3\dm)/

// oxlint-disable-next-line no-control-regex -- it looks for them
const CONTROL = /\r(?!\n)|[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/g

/** A text from a server or a file without what a terminal takes for an order, such as another title. */
function harmless(text: string): string {
  const parts = text.split(COLOUR)
  return parts.map((part, n) => (n % 2 ? part : stripVTControlCharacters(part).replaceAll(CONTROL, ''))).join('')
}

/** JSON writes most of these as escapes, but not those that begin at 127. */
function escaped(json: string): string {
  return json.replaceAll(/[\u007F-\u009F]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}

/** Rows of a name and a value, one below the other; those without a value are left out. */
export function table(facts: Facts): string {
  const rows = Object.entries(facts).filter(([, value]) => value !== undefined)
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${number(value)}`).join('\n')
}

/** A number as people read it: 1,000,000. */
export function number(value: string | number | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : String(value)
}

/** `1 row`, `1,000 rows`. */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`
}
