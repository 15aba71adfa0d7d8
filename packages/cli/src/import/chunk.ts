/**
 * Rows cut into bodies. The same rows are always cut in the same way, which is what lets an import go on after a crash.
 * @module
 */
import { BODY_BYTES, RECORDS_PER_REQUEST } from '@heap-edge/contract/limits'
import type { Problem } from 'heap-edge'
import { ownerOf } from './owners.ts'

/** What there is to say of a row: of one that is not sent, or of one whose result may surprise. */
export interface Remarked {
  line: number
  problems: readonly Problem[]
}

/** A row that is not sent. */
export type Refused = Remarked

/** What is sent in one request, and what is not, of a span of lines. */
export interface Cut {
  /** From 0. */
  index: number
  /** The lines of its first and its last row, the refused ones included. */
  first: number
  last: number
  rows: number
  /** The whole body; empty where there are no rows. */
  body: Uint8Array<ArrayBuffer>
  /** The line of each row. */
  lines: Uint32Array<ArrayBuffer>
  /** A number that stands for whom it is about, of each row, sorted; see `owners.ts`. */
  owners: Uint32Array<ArrayBuffer>
  refused: Refused[]
  /** Rows that are sent, and may not arrive as they were meant. */
  warned: Remarked[]
  /** Rows about somebody whose name begins or ends with a blank. */
  padded: number
  /** Bytes of the file that were read when it was cut. */
  bytesRead: number
}

/** The same, with what it is known by when it comes again. */
export interface Chunk extends Cut {
  /** Of the body. */
  sha256: string
}

/** Refused rows in a row that are kept, so that a file of nothing else takes no more memory. */
const MOST_REFUSED = 10_000

/**
 * @example
 * ```ts
 * const cutter = new Cutter('{"users":[', ']}', () => 0)
 * cutter.add('{"identity":"alice@example.com"}', 1, 'alice@example.com') // nothing yet
 * cutter.end()?.rows // 1
 * ```
 */
export class Cutter {
  readonly #bytesRead: () => number
  readonly #tail: string
  /** The body that is being made. Rows go straight into it, so that nothing of them lives on as an object. */
  readonly #body = Buffer.allocUnsafe(BODY_BYTES)
  readonly #lines = new Uint32Array(RECORDS_PER_REQUEST)
  readonly #owners = new Uint32Array(RECORDS_PER_REQUEST)
  readonly #start: number
  /** Where rows have to end. */
  readonly #room: number
  #at: number
  #rows = 0
  #index = 0
  #first = 0
  #last = 0
  #refused: Refused[] = []
  #warned: Remarked[] = []
  #padded = 0

  /** @param bytesRead asked when a chunk is cut */
  constructor(head: string, tail: string, bytesRead: () => number) {
    this.#bytesRead = bytesRead
    this.#tail = tail
    this.#start = this.#at = this.#body.write(head)
    this.#room = BODY_BYTES - Buffer.byteLength(tail)
  }

  /**
   * Adds a row.
   *
   * @param owner whom it is about
   * @param warnings what may surprise in it
   * @returns the chunk that it made full, or that had no room for it
   */
  add(json: string, line: number, owner: string, warnings?: readonly Problem[]): Cut | undefined {
    let full: Cut | undefined
    // A character has three bytes at most; only where that might be too many they are counted.
    if (this.#at + 1 + json.length * 3 > this.#room) {
      const bytes = Buffer.byteLength(json)
      if (this.#start + bytes > this.#room) {
        return this.refuse({ line, problems: [{ pointer: '', detail: `is larger than ${BODY_BYTES} bytes` }] })
      }
      if (this.#at + 1 + bytes > this.#room && this.#rows > 0) full = this.#cut()
    }
    if (this.#rows > 0) this.#body[this.#at++] = COMMA
    this.#at += this.#body.write(json, this.#at)
    this.#lines[this.#rows] = line
    this.#owners[this.#rows++] = ownerOf(owner)
    if (owner !== owner.trim()) this.#padded++
    if (warnings) this.#warned.push({ line, problems: warnings })
    this.#span(line)
    return this.#rows === RECORDS_PER_REQUEST ? this.#cut() : full
  }

  /** Adds a row that is not sent. */
  refuse(refused: Refused): Cut | undefined {
    this.#refused.push(refused)
    this.#span(refused.line)
    if (this.#refused.length === MOST_REFUSED) return this.#cut()
  }

  /** What is left. */
  end(): Cut | undefined {
    if (this.#first !== 0) return this.#cut()
  }

  #span(line: number): void {
    if (this.#first === 0) this.#first = line
    this.#last = line
  }

  #cut(): Cut {
    const rows = this.#rows
    const end = rows === 0 ? 0 : this.#at + this.#body.write(this.#tail, this.#at)
    const body = new Uint8Array(this.#body.subarray(0, end))
    const cut: Cut = {
      index: this.#index++,
      first: this.#first,
      last: this.#last,
      rows,
      body,
      lines: this.#lines.slice(0, rows),
      owners: this.#owners.slice(0, rows).sort(),
      refused: this.#refused,
      warned: this.#warned,
      padded: this.#padded,
      bytesRead: this.#bytesRead(),
    }
    this.#at = this.#start
    this.#rows = this.#first = this.#last = this.#padded = 0
    this.#refused = []
    this.#warned = []
    return cut
  }
}

const COMMA = 44

/** UTF-8, in memory of its own, so that it can be handed to another thread. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>
}
