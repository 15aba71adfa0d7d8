/**
 * Chunks of a file, read and cut by a thread of its own.
 * @module
 */
import { hash } from 'node:crypto'
import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Failure } from '../failure.ts'
import type { Kind, Mapping } from '../rows/mapping.ts'
import type { Format } from '../rows/read.ts'
import type { Chunk } from './chunk.ts'
import type { Origin } from './prepare.ts'
import type { Said } from './worker.ts'

/** The file cannot be read to its end; what comes before has been given. */
export class Unreadable extends Failure {}

export interface ReadInput {
  /** Nothing for standard input. */
  file: string | undefined
  /** In bytes, as it was when the import began; nothing for what is no file. */
  size: number | undefined
  format: Format | undefined
  kind: Kind
  mapping: Mapping
  /** Empty where the proxy knows it. */
  appId: string
  origin: Origin
}

/**
 * Megabytes of the thread's memory. What it makes lives for a moment only, which is cheapest in a space that the processor's
 * cache holds.
 */
const MEMORY = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 }

/**
 * @param stop ends it early
 * @param onNote told what is to be known before the first row
 * @throws Unreadable where the file cannot be read to its end; the chunks before it have been given then
 */
export async function* readChunks(
  input: ReadInput,
  stop: AbortSignal,
  onNote: (line: string) => void,
): AsyncGenerator<Chunk> {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
  const worker = new Worker(new URL(file, import.meta.url) as import('node:url').URL, {
    workerData: input,
    resourceLimits: MEMORY,
  })
  const failed = new AbortController()
  worker.on('error', (error) => failed.abort(error))
  const signal = AbortSignal.any([failed.signal, stop])
  try {
    for await (const [message] of on(worker, 'message', { close: ['exit'], signal })) {
      const said = message as Said
      if ('chunk' in said) {
        // Here, since this thread has more time than the other one.
        yield { ...said.chunk, sha256: hash('sha256', said.chunk.body) }
        worker.postMessage('taken', [])
      } else if ('note' in said) onNote(said.note)
      else if ('failure' in said) throw new Unreadable(said.failure, said.exitCode)
      else return
    }
  } catch (error) {
    if (stop.aborted) return
    throw failed.signal.aborted ? failed.signal.reason : error
  } finally {
    await worker.terminate()
  }
}
