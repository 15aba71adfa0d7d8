/**
 * Where the rows of CSV begin and end. A quote that is not closed is known by what stands behind the next one, which opens a cell
 * itself: only the line of the first is left out then, and it goes on with the next line.
 * @module
 */
import { ROW_CHARACTERS } from './row.ts'

/** The text of a row without its line break, or what is wrong with its line. */
export type CutRow = { line: number } & ({ text: string; problem?: undefined } | { text?: undefined; problem: string })

/** Instead of an end: a quote is not closed. */
const UNCLOSED = -1

export class CsvCutter {
  readonly #newline: string
  /** What ends a cell. */
  readonly #cellEnd: RegExp
  /** What may stand behind the quote that closes a cell. */
  readonly #behindQuote: RegExp
  /** What of a row came with texts before. */
  #text = ''
  #line = 1
  /** Within a line that is too long, of which nothing is kept. */
  #skipping = false
  /** Blanks stand behind the quote that closes a cell of several lines: what it was meant to be is not sure, but not another row. */
  #blanks = false

  constructor(delimiter: string, newline: string) {
    this.#newline = newline
    this.#cellEnd = new RegExp(`[${delimiter}${newline}]`, 'g')
    this.#behindQuote = new RegExp(`${delimiter}|\r?${newline}|\r?$`, 'y')
  }

  /** @returns the rows that are whole, without blank lines */
  write(text: string): CutRow[] {
    this.#text += text
    return this.#cut(false)
  }

  /** The rows that are left. */
  end(): CutRow[] {
    return this.#cut(true)
  }

  #cut(last: boolean): CutRow[] {
    const rows: CutRow[] = []
    let from = this.#skipping ? this.#nextLine(0) : 0
    while (from < this.#text.length) {
      const end = this.#endOf(from, last)
      const length = (end ?? this.#text.length) - from
      if (end === undefined && length <= ROW_CHARACTERS) break
      if (end === undefined || end === UNCLOSED || length > ROW_CHARACTERS) {
        const long = `has more than ${ROW_CHARACTERS} characters; is a quote not closed?`
        rows.push({ line: this.#line, problem: end === UNCLOSED ? 'has a quote that is not closed' : long })
        from = this.#nextLine(from)
      } else {
        const text = this.#text.slice(from, end)
        if (this.#blanks) rows.push({ line: this.#line, problem: 'has blanks behind a closing quote' })
        else if (text !== '' && text !== '\r') rows.push({ line: this.#line, text: text.replace(/\r$/, '') })
        this.#line += text.split(this.#newline).length
        from = end + 1
      }
    }
    this.#text = this.#text.slice(from)
    return rows
  }

  /** Where the next line begins; where that has not come yet, all until there is left out. */
  #nextLine(from: number): number {
    const end = this.#text.indexOf(this.#newline, from)
    this.#skipping = end < 0
    if (this.#skipping) return this.#text.length
    this.#line++
    return end + 1
  }

  /** Where the row ends that begins here; nothing where that has not come yet. */
  #endOf(from: number, last: boolean): number | undefined {
    const text = this.#text
    this.#blanks = false
    const line = text.indexOf(this.#newline, from)
    if (!text.slice(from, line < 0 ? undefined : line).includes('"')) {
      return line >= 0 ? line : last ? text.length : undefined
    }
    for (let at = from; ; at++) {
      if (text[at] === '"') {
        const closing = closingQuote(text, at)
        // What stands behind it has to be there too, a line break of two characters included.
        const behind = closing < 0 ? -1 : behindBlanks(text, closing + 1)
        if (!last && (closing < 0 || behind + 1 >= text.length)) return
        if (closing < 0) return UNCLOSED
        if (text.slice(at, closing).includes(this.#newline)) {
          this.#behindQuote.lastIndex = behind
          if (!this.#behindQuote.test(text)) return UNCLOSED
          this.#blanks ||= behind > closing + 1
        }
        at = closing + 1
      }
      this.#cellEnd.lastIndex = at
      const end = this.#cellEnd.exec(text)
      if (!end) return last ? text.length : undefined
      if (end[0] === this.#newline) return end.index
      at = end.index
    }
  }
}

/** The place of the first character from here on that is no blank. */
function behindBlanks(text: string, from: number): number {
  let at = from
  while (text[at] === ' ') at++
  return at
}

/** The quote that closes a cell, where two quotes are one character of it; -1 where it has not come yet. */
function closingQuote(text: string, opening: number): number {
  for (let at = opening + 1; ; at += 2) {
    at = text.indexOf('"', at)
    if (at < 0 || text[at + 1] !== '"') return at
  }
}
