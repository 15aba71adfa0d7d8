/**
 * A JSON array of objects, cut into its elements, each of which is then parsed by itself: one that is broken does not take
 * the others with it, as it would with a parser of the whole, and each is known by its line.
 * @module
 */
import { Failure } from '../failure.ts'
import { jsonRow, type Row, ROW_CHARACTERS, type Rows } from './row.ts'

/** @throws Failure where it is no array, or does not end */
export async function* arrayRows(texts: AsyncIterable<string>): Rows {
  const cutter = new ElementCutter()
  for await (const text of texts) {
    const rows = cutter.write(text)
    if (rows.length > 0) yield rows
    if (cutter.failure) throw cutter.failure
  }
  const last = cutter.end()
  if (last) yield [last]
  if (cutter.failure) throw cutter.failure
}

/** Where it is: before the `[`, within the array, behind its `]`. */
type Place = 'before' | 'within' | 'behind'

/** Looks at quotes and brackets only. */
class ElementCutter {
  /** Why nothing more can be read. */
  failure: Failure | undefined
  #place: Place = 'before'
  #line = 1
  /** What of the element came with texts before. */
  #element = ''
  /** Where the element begins. */
  #elementLine = 0
  #depth = 0
  #quoted = false
  #escaped = false
  /** A comma has come, so that an element has to follow. */
  #comma = false

  write(text: string): Row[] {
    const rows: Row[] = []
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === NEWLINE) this.#line++
      if (this.#escaped) this.#escaped = false
      else if (this.#quoted) {
        if (code === BACKSLASH) this.#escaped = true
        else if (code === QUOTE) this.#quoted = false
      } else if (code <= BLANK) {
        if (this.#elementLine === 0) from = at + 1
      } else if (this.#place === 'within') {
        const cuts = this.#depth === 0 && (code === COMMA || code === CLOSE)
        if (!cuts) {
          if (this.#elementLine === 0) this.#elementLine = this.#line
          if (code === QUOTE) this.#quoted = true
          else if (code === OPEN || code === OPEN_BRACE) this.#depth++
          else if (code === CLOSE || code === CLOSE_BRACE) this.#depth = Math.max(0, this.#depth - 1)
          continue
        }
        this.#cut(rows, text.slice(from, at), code)
        from = at + 1
      } else {
        this.#outside(code)
        from = at + 1
        if (this.failure) return rows
      }
    }
    this.#element += text.slice(from)
    if (this.#element.length > ROW_CHARACTERS) this.failure = this.#unclosed()
    return rows
  }

  /** The last element, where only the end of the array is missing. */
  end(): Row | undefined {
    if (this.#place === 'behind') return
    if (this.#place === 'before') {
      this.failure = new Failure('The file is empty; a JSON array was expected.')
    } else if (this.#depth > 0 || this.#quoted) this.failure = this.#unclosed()
    else {
      this.failure = new Failure(
        `The file ends in line ${this.#line}, before the array does; the rows until there are imported.`,
      )
      if (this.#elementLine !== 0) return jsonRow(this.#element, this.#elementLine)
    }
  }

  /** An element ends: at a comma, or with the array. */
  #cut(rows: Row[], text: string, code: number): void {
    const element = this.#element + text
    this.#element = ''
    if (this.#elementLine !== 0) rows.push(jsonRow(element, this.#elementLine))
    else if (code === COMMA || this.#comma) rows.push({ line: this.#line, problem: 'is missing between two commas' })
    this.#elementLine = 0
    this.#comma = code === COMMA
    if (code === CLOSE) this.#place = 'behind'
  }

  #outside(code: number): void {
    if (this.#place === 'before' && code === OPEN) this.#place = 'within'
    else {
      this.failure = new Failure(
        this.#place === 'before'
          ? `Line ${this.#line} begins with something other than [; for an object in each line give --format ndjson.`
          : `Line ${this.#line} goes on behind the end of the array; the rows until there are imported.`,
      )
    }
  }

  #unclosed(): Failure {
    return new Failure(
      `The element that begins in line ${this.#elementLine} is never closed; the rows before it are imported.`,
    )
  }
}

const NEWLINE = 10
const BLANK = 32
const QUOTE = 34
const COMMA = 44
const OPEN = 91
const BACKSLASH = 92
const CLOSE = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
