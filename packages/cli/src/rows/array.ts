/**
 * A JSON array of objects, cut into its elements, each of which is then parsed by itself: one that is broken does not take
 * the others with it, as it would with a parser of the whole, and each is known by its line.
 *
 * Where brackets or quotes of an element do not fit together, the next one is known by how it stands there: at the beginning of
 * a line, no deeper than the first one, where no object can be.
 * @module
 */
import { Failure } from '../failure.ts'
import { jsonRow, type Row, ROW_CHARACTERS, type Rows } from './row.ts'

/** @throws Failure where it is no array, or does not end; the rows before have been given then */
export async function* arrayRows(texts: AsyncIterable<string>): Rows {
  const cutter = new ElementCutter()
  for await (const text of texts) {
    const rows = cutter.write(text)
    if (rows.length > 0) yield rows
    if (cutter.failure) throw cutter.failure
  }
  const rows = cutter.end()
  if (rows.length > 0) yield rows
  if (cutter.failure) throw cutter.failure
}

/** Looks at quotes, brackets and line breaks only. */
class ElementCutter {
  /** Why nothing more can be read. */
  failure: Failure | undefined
  /** The `[` has come. */
  #begun = false
  #line = 1
  /** Characters of the line that came with texts before. */
  #column = 0
  /** Nothing but blanks stands in the line. */
  #blank = true
  /** The column where the first element begins. */
  #indent: number | undefined
  /** The first line where something stands behind what looked like the end of the array. */
  #behind: number | undefined
  /** A comma has come, so that an element has to follow. */
  #comma = false

  /** What of the element came with texts before. */
  #element = ''
  /** Where the element begins; 0 where it has not. */
  #elementLine = 0
  /** Brackets of the element that are not closed. */
  #open: number[] = []
  /** The last character but blanks and what stands in quotes. */
  #last = 0
  #quoted = false
  #escaped = false
  /** The element is no JSON, so that its brackets say little. */
  #broken = false
  /** The element is too long; nothing of it is kept. */
  #skipping = false
  /** Characters of the element before a `]` that ends the array, where nothing comes behind it. */
  #closedAt: number | undefined

  write(text: string): Row[] {
    const rows: Row[] = []
    let from = 0
    let lineStart = -this.#column
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === NEWLINE) {
        this.#newline()
        lineStart = at + 1
      } else if (this.#quoted) {
        if (this.#escaped) this.#escaped = false
        else if (code === BACKSLASH) this.#escaped = true
        else if (code === QUOTE) this.#quoted = false
        continue
      }
      if (code <= BLANK) {
        if (this.#elementLine === 0) from = at + 1
        continue
      }
      const outdented = this.#blank && at - lineStart <= (this.#indent ?? Infinity)
      this.#blank = false
      if (!this.#begun) {
        this.#begun = code === OPEN
        from = at + 1
        if (this.#begun) continue
        this.failure = new Failure(
          `Line ${this.#line} begins with something other than [; for an object in each line give --format ndjson.`,
        )
        return rows
      }
      if (outdented && this.#isNext(code)) {
        this.#cut(rows, text.slice(from, at))
        from = at
      } else if (this.#closedAt !== undefined && !this.#broken && !ENDS.has(code)) {
        rows.push(...this.#lastOf(this.#element + text.slice(from, at)))
        this.#forget()
        this.#behind ??= this.#line
        this.#broken = true
        from = at
      }
      // Behind what is broken, a part of it might pass for an element.
      if (code === COMMA && this.#open.length === 0 && !this.#broken) {
        this.#cut(rows, text.slice(from, at))
        this.#comma = true
        from = at + 1
        continue
      }
      if (this.#elementLine === 0) {
        this.#elementLine = this.#line
        if (code === OPEN_BRACE) this.#indent ??= at - lineStart
      }
      this.#closedAt = code === CLOSE && this.#mayEnd() ? this.#element.length + at - from : undefined
      this.#see(code, outdented)
      this.#last = code
    }
    this.#column = text.length - lineStart
    this.#keep(rows, text.slice(from))
    return rows
  }

  /** What is left. */
  end(): Row[] {
    if (!this.#begun) this.failure = new Failure('The file is empty; a JSON array was expected.')
    else if (this.#closedAt !== undefined) return this.#lastOf(this.#element)
    else if (this.#behind !== undefined) {
      this.failure = new Failure(`Line ${this.#behind} goes on behind the end of the array.`)
    } else if (this.#open.length > 0 || this.#quoted) {
      this.failure = new Failure(`The element that begins in line ${this.#elementLine} is never closed.`)
    } else {
      this.failure = new Failure(`The file ends in line ${this.#line}, before the array does.`)
      const rows: Row[] = []
      if (this.#elementLine !== 0) this.#cut(rows, '')
      return rows
    }
    return []
  }

  /** No string of JSON has a line break in it. */
  #newline(): void {
    this.#line++
    this.#blank = true
    if (this.#quoted) this.#broken = true
    this.#quoted = this.#escaped = false
  }

  /** Whether a character at the beginning of a line is the next element, and cannot belong to the one that is read. */
  #isNext(code: number): boolean {
    if (code !== OPEN_BRACE || this.#elementLine === 0) return false
    return this.#open.length === 0 || this.#broken || !this.#fits()
  }

  /** Whether an object may stand here within the element. */
  #fits(): boolean {
    const [within, last] = [this.#open.at(-1), this.#last]
    return within === OPEN ? last === COMMA || last === OPEN : within === undefined || last === COLON
  }

  /** Whether a `]` may be that of the array. */
  #mayEnd(): boolean {
    return this.#broken || !this.#open.includes(OPEN)
  }

  /** What a character outside of quotes does to the element. */
  #see(code: number, outdented: boolean): void {
    if (code === QUOTE) this.#quoted = true
    else if (code === BACKSLASH) this.#broken = true
    else if (code === OPEN) this.#open.push(code)
    else if (code === OPEN_BRACE) {
      if (!this.#fits()) this.#broken = true
      this.#open.push(code)
    } else if (code === CLOSE_BRACE && this.#broken && outdented) {
      // By how it stands there, it is the last one.
      this.#open = []
      this.#broken = false
    } else if (code === CLOSE || code === CLOSE_BRACE) this.#close(code === CLOSE ? OPEN : OPEN_BRACE)
  }

  /** Closes the last bracket of a kind, and those within it, which lack their own. */
  #close(opening: number): void {
    const index = this.#open.lastIndexOf(opening)
    if (index < this.#open.length - 1) this.#broken = true
    if (index >= 0) this.#open.length = index
  }

  /** The rest of a text belongs to an element that goes on with the next one. */
  #keep(rows: Row[], text: string): void {
    if (!this.#skipping) this.#element += text
    if (this.#element.length <= ROW_CHARACTERS || this.#closedAt !== undefined) return
    rows.push(tooLong(this.#elementLine))
    this.#skipping = true
    this.#element = ''
  }

  /** The element ends. */
  #cut(rows: Row[], text: string): void {
    if (this.#elementLine === 0) rows.push({ line: this.#line, problem: 'is missing between two commas' })
    else if (!this.#skipping) rows.push(rowOf(this.#element + text, this.#elementLine))
    this.#forget()
  }

  #forget(): void {
    this.#element = ''
    this.#elementLine = 0
    this.#open = []
    this.#broken = this.#skipping = this.#comma = false
    this.#closedAt = undefined
  }

  /** The element before the end of the array, where there is one. */
  #lastOf(text: string): Row[] {
    const element = text.slice(0, this.#closedAt)
    if (this.#skipping) return []
    if (element !== '') return [rowOf(element, this.#elementLine)]
    return this.#comma ? [{ line: this.#line, problem: 'is missing between two commas' }] : []
  }
}

function rowOf(text: string, line: number): Row {
  return text.length > ROW_CHARACTERS ? tooLong(line) : jsonRow(text, line)
}

function tooLong(line: number): Row {
  return { line, problem: `has more than ${ROW_CHARACTERS} characters; is a bracket not closed?` }
}

const NEWLINE = 10
const BLANK = 32
const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN = 91
const BACKSLASH = 92
const CLOSE = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

/** What may stand behind a `]` that is one too many, and belongs to its element then. */
const ENDS: ReadonlySet<number> = new Set([COMMA, CLOSE, CLOSE_BRACE])
