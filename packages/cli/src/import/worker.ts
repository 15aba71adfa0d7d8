/**
 * The thread that reads: from the bytes of a file to chunks that are ready to be sent, while the main thread sends.
 * @module
 */
import { on } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { asFailure, type ExitCode, Failure } from '../failure.ts'
import { Mapper } from '../rows/mapping.ts'
import { readRows } from '../rows/read.ts'
import { type Cut, Cutter } from './chunk.ts'
import { createPrepare, ROUTES } from './prepare.ts'
import type { ReadInput } from './read.ts'
import { createReady } from './ready.ts'
import { readBlocks } from './source.ts'

/** What the thread says. */
export type Said = { note: string } | { chunk: Cut } | { end: true } | { failure: string; exitCode: ExitCode }

/** Chunks that wait to be taken by the main thread. */
const AHEAD = 4

const { file, size = 0, format, kind, mapping, appId, origin } = workerData as ReadInput
const port = parentPort as NonNullable<typeof parentPort>

const NO_TIME = 'No column is the time of an event: all get the time when the import began.'

/** A message for each chunk that the main thread has taken. */
const taken = on(port, 'message')
let given = 0

function say(said: Said, transfer: ArrayBuffer[] = []): void {
  port.postMessage(said, transfer)
}

async function give(chunk: Cut | undefined): Promise<void> {
  if (!chunk) return
  say({ chunk }, [chunk.body.buffer, chunk.lines.buffer, chunk.owners.buffer])
  if (++given > AHEAD) await taken.next()
}

let bytesRead = 0
async function* counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const block of source) {
    bytesRead += block.length
    yield block
  }
}

async function read(): Promise<void> {
  const mapper = new Mapper(kind, mapping)
  const prepare = createPrepare(kind, mapper, origin)
  const ready = mapper.plain ? createReady(kind) : undefined
  const { list } = ROUTES[kind]
  const cutter = new Cutter(`{${appId && `"app_id":"${appId}",`}"${list}":[`, ']}', () => bytesRead)
  let number = 0
  const onHeader = (columns: string[]) => {
    mapper.checkHeader(columns)
    if (kind === 'events' && !mapper.hasColumn('timestamp', columns)) say({ note: NO_TIME })
  }
  try {
    for await (const rows of readRows(counted(readBlocks(file)), format, onHeader, ready)) {
      for (const row of rows) {
        const prepared = prepare(row, ++number)
        const chunk = prepared.problems
          ? cutter.refuse({ line: row.line, problems: prepared.problems })
          : cutter.add(prepared.json, row.line, prepared.owner, prepared.warnings)
        if (chunk) await give(chunk)
      }
    }
    if (bytesRead < size) throw new Failure(`${file} became shorter while it was read.`)
  } finally {
    // Also where the rest cannot be read: the rows before it are not lost.
    await give(cutter.end())
  }
  for (const column of mapper.unmet)
    say({ note: `No row has a column "${column}", which is named by a flag or the mapping.` })
}

try {
  await read()
  say({ end: true })
} catch (error) {
  const { message, exitCode } = asFailure(error)
  say({ failure: message, exitCode })
}
port.close()
