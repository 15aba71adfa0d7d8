/**
 * Sends a chunk until nothing of it is left: tried again while Heap is not to be reached, and without the rows that it does
 * not take.
 * @module
 */
import type { HeapRequestError } from 'heap-edge'
import { retryDelay } from 'heap-edge/retry'
import { type Ending, refusalOf, send, type Settings } from 'heap-edge/send'
import { Failure, EXIT } from '../failure.ts'
import { bytesOf, type Cut, type Refused } from './chunk.ts'
import type { Counts } from './journal-state.ts'
import { ownersOf } from './owners.ts'
import type { Pace } from './pace.ts'
import { nameOf } from './prepare.ts'
import { duration } from './progress.ts'

export interface PostOptions {
  url: string
  /** The name of the list in a body. */
  list: string
  settings: Settings
  pace: Pace
  /** From its abort on nothing new is sent; what is under way is waited for. */
  stop: AbortSignal
  /** What to look at where a key is refused. */
  keyHint: string
  /** Told why a request is tried again. */
  onRetry: (reason: string) => void
  /** Told for how many ms a request waits for Heap's limits. */
  onWait?: (ms: number) => void
}

/** What became of a chunk. */
export type Posted = Counts & { refusedRows: Refused[] }

/** Rows of one request. */
type Part = Pick<Cut, 'body' | 'lines' | 'owners' | 'rows'>

/** The statuses that say something about the rows; any other says something about the request. */
const ABOUT_ROWS: ReadonlySet<unknown> = new Set([400, 413, 422])

/** Rows that Heap refuses one by one, and takes no other, until it is no longer the rows. */
const MOST_ALONE = 20

/** Thrown where the rest of a chunk has to be sent another time. */
export class Unfinished extends Error {}

export class Poster {
  readonly #options: PostOptions
  #taken = 0
  #alone = 0

  constructor(options: PostOptions) {
    this.#options = options
  }

  /**
   * @throws Unfinished where it was stopped, or Heap did not take it in time
   * @throws Failure where no request of the import will be taken
   */
  async post(chunk: Cut): Promise<Posted> {
    const posted: Posted = {
      sent: 0,
      queued: 0,
      suppressed: 0,
      refused: 0,
      requests: 0,
      retries: 0,
      refusedRows: [...chunk.refused],
    }
    if (chunk.rows > 0) await this.#send(chunk, posted)
    posted.refused = posted.refusedRows.length
    return posted
  }

  async #send(part: Part, posted: Posted): Promise<void> {
    const { ends, ...ending } = await this.#attempts(part, posted)
    if (ending.outcome === 'rejected') return this.#without(part, ending.error, posted)
    const { delivered, queued, suppressed } = endsOf(ends) ?? { ...NONE, [ending.outcome]: part.rows }
    posted.sent += delivered
    posted.queued += queued
    posted.suppressed += suppressed
    this.#taken += part.rows
  }

  /** One request, again and again until it is answered for good. */
  async #attempts(
    part: Part,
    posted: Posted,
  ): Promise<Exclude<Ending, { outcome: 'failed' }> & { ends: string | null }> {
    const { url, settings, stop } = this.#options
    const { now, random, retry } = settings
    let ends: string | null = null
    const once: Settings = {
      ...settings,
      retry: { ...retry, giveUpAfter: 0 },
      async fetch(url, init) {
        const response = await settings.fetch(url, init)
        ends = response.headers.get('heap-edge-records')
        return response
      },
    }
    const giveUpAt = now() + retry.giveUpAfter
    for (let attempt = 0; ; attempt++) {
      await this.#turn(part)
      posted.requests++
      const ending = await send(url, part.body, once)
      if (ending.outcome !== 'failed') return { ...ending, ends }
      const error = ending.error as Error & { retryAfterMs?: number }
      const wait = retryDelay(attempt, error.retryAfterMs, retry, random)
      const left = giveUpAt - now()
      if (wait >= left) throw new Unfinished(error.message + longer(error.retryAfterMs, left))
      this.#options.onRetry(error.message)
      await this.#sleep(wait)
      if (stop.aborted) throw new Unfinished('stopped')
      posted.retries++
    }
  }

  /** Waits until Heap's limits let it pass. */
  async #turn(part: Part): Promise<void> {
    const { pace, stop, settings } = this.#options
    for (let wait; (wait = pace.take(settings.now(), part)) > 0;) {
      this.#options.onWait?.(wait)
      await this.#sleep(wait)
      if (stop.aborted) throw new Unfinished('stopped')
    }
  }

  #sleep(ms: number): Promise<void> {
    return this.#options.settings.sleep(ms, this.#options.stop)
  }

  /** Sends what is left of a request that was refused. */
  async #without(part: Part, error: HeapRequestError, posted: Posted): Promise<void> {
    const { list } = this.#options
    if (!ABOUT_ROWS.has(error.status)) throw this.#refusedAtAll(error.message, error.status)
    const others: number[] = []
    for (let row = 0; row < part.rows; row++) {
      const refusal = refusalOf(`/${list}/${row}`, { outcome: 'rejected', error })
      if (refusal) posted.refusedRows.push({ line: part.lines[row] as number, problems: refusal.problems })
      else others.push(row)
    }
    if (others.length === 0) return
    if (others.length < part.rows) return this.#send(this.#pick(part, others), posted)

    // It does not say which row it was.
    const elsewhere = error.problems.find(({ pointer }) => pointer !== '' && pointer !== `/${list}`)
    if (elsewhere) throw this.#refusedAtAll(`${elsewhere.pointer} ${elsewhere.detail}`, error.status)
    if (part.rows === 1) {
      if (this.#taken === 0 && ++this.#alone > MOST_ALONE) throw this.#refusedAtAll(error.message, error.status)
      posted.refusedRows.push({
        line: part.lines[0] as number,
        problems: [{ pointer: '', detail: `was refused by the server: ${error.message}` }],
      })
      return
    }
    const half = part.rows >> 1
    await this.#send(this.#pick(part, others.slice(0, half)), posted)
    await this.#send(this.#pick(part, others.slice(half)), posted)
  }

  #refusedAtAll(message: string, status: number | undefined): Failure {
    const hint =
      status === 401 || status === 403
        ? this.#options.keyHint
        : 'Look at the environment id and the address, with heap-edge doctor.'
    return new Failure(`The server refuses the import: ${message}. ${hint}`, EXIT.input)
  }

  #pick({ body, lines }: Part, rows: readonly number[]): Part {
    const { list } = this.#options
    const whole = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown[]>
    const records = rows.map((row) => whole[list]?.[row] as Record<string, unknown>)
    return {
      body: bytesOf(JSON.stringify({ ...whole, [list]: records })),
      lines: Uint32Array.from(rows, (row) => lines[row] as number),
      owners: ownersOf(records.map(nameOf)),
      rows: rows.length,
    }
  }
}

/** What to know of a server that asks for more time than there is. */
function longer(retryAfterMs: number | undefined, left: number): string {
  if (retryAfterMs === undefined || retryAfterMs < left) return ''
  return `; it asks to wait ${duration(retryAfterMs / 1000)}, for which --retry-for leaves no time`
}

const NONE = { delivered: 0, queued: 0, suppressed: 0 }

/** How many rows came to each end, where a proxy says that they did not all come to the same: `delivered=900, queued=100, …`. */
function endsOf(header: string | null): typeof NONE | undefined {
  if (header === null) return
  const counts = [...header.matchAll(/(\w+)=(\d{1,4})/g)].map(([, name = '', count]) => [name, Number(count)] as const)
  return { ...NONE, ...Object.fromEntries(counts) }
}
