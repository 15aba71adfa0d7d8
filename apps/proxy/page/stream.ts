/**
 * The stream of figures: read by fetch, since an EventSource sends no token, and taken up again whenever it ends.
 * @module
 */
import { createParser } from 'eventsource-parser'
import { retryDelay } from 'heap-edge/retry'
import type { Series, State, View } from '../src/metrics/types.ts'
import { Answered } from './errors.ts'
import { tokenOf } from './gate.ts'

/** It says something every two seconds; who hears nothing for so long is not connected, in ms. */
const SILENCE_MS = 12_000

const BACKOFF = { base: 1000, max: 30_000 }

/** Who hears of the stream. */
export interface Listener {
  onSeries(series: Series): void
  onState(state: State): void
  /** It does not come at this time, and is asked for again after so many ms. */
  onLost(error: unknown, againMs: number): void
  /** The token does not let in. */
  onRefused(status: number, reason: string): void
}

/** The answer was none that another attempt would change. */
class Refused extends Error {
  readonly status: number
  constructor(status: number, reason: string) {
    super(reason)
    this.status = status
  }
}

/** One stream at a time. */
export class Stream {
  readonly #listener: Listener
  #abort: AbortController | undefined

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** Begins, or begins anew with another view. */
  start(view: View): void {
    this.stop()
    this.#abort = new AbortController()
    void this.#keepReading(view, this.#abort.signal)
  }

  stop(): void {
    this.#abort?.abort()
  }

  async #keepReading(view: View, stopped: AbortSignal): Promise<void> {
    let failures = 0
    while (!stopped.aborted) {
      try {
        // It comes to its end every few minutes; one that ends at once is not asked for at once.
        await this.#read(view, stopped, () => (failures = 0))
        await pauseOf(BACKOFF.base, stopped)
      } catch (error) {
        if (stopped.aborted) return
        if (error instanceof Refused) return this.#listener.onRefused(error.status, error.message)
        const pause = retryDelay(failures++, undefined, BACKOFF, Math.random)
        this.#listener.onLost(error, pause)
        await pauseOf(pause, stopped)
      }
    }
  }

  async #read(view: View, stopped: AbortSignal, heard: () => void): Promise<void> {
    const silence = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const wait = () => {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(new Error('Nothing was heard for a while')), SILENCE_MS)
    }
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (stopped.aborted) return
        if (event === 'series') this.#listener.onSeries(JSON.parse(data) as Series)
        if (event !== 'state') return
        this.#listener.onState(JSON.parse(data) as State)
        heard()
        isHeard = true
      },
    })
    let isHeard = false
    wait()
    try {
      const response = await fetch(`/admin/live?range=${view}`, {
        headers: { Authorization: `Bearer ${tokenOf()}` },
        cache: 'no-store',
        signal: AbortSignal.any([stopped, silence.signal]),
      })
      if (!response.ok || !response.body) throw await failureOf(response)
      const text = response.body.pipeThrough(new TextDecoderStream())
      const reader = text.getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        wait()
        parser.feed(part.value)
      }
      if (!isHeard) throw new Error('The stream of figures ended at once.')
    } finally {
      clearTimeout(timer)
    }
  }
}

function pauseOf(ms: number, stopped: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
    stopped.addEventListener('abort', resolve, { once: true })
  })
}

async function failureOf(response: Response): Promise<Error> {
  const { status } = response
  const { detail = '' } = (await response.json().catch(() => ({}))) as { detail?: string }
  return status === 401 || status === 403
    ? new Refused(status, detail)
    : new Answered(`The proxy answered ${status}. ${detail}`)
}
