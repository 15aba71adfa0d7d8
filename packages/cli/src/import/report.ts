/**
 * The rows that were refused, in a file: their line, what is wrong and where. A dry run tells there what may surprise as well.
 * @module
 */
import { createReadStream } from 'node:fs'
import { appendFile, rename, rm, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Remarked } from './chunk.ts'
import { unwritten } from './files.ts'

export class RefusedReport {
  readonly file: string

  constructor(file: string) {
    this.file = file
  }

  /** Forgets what an import before has left. */
  async clear(): Promise<void> {
    await rm(this.file, { force: true })
  }

  /** Keeps the lines within spans only: the others will be looked at again. */
  async keep(spans: readonly [after: number, last: number][]): Promise<void> {
    const kept = `${this.file}.kept`
    try {
      await writeFile(kept, '')
      for await (const text of createInterface(createReadStream(this.file))) {
        const line = lineOf(text)
        if (line !== undefined && within(line, spans)) await appendFile(kept, `${text}\n`)
      }
      await rename(kept, this.file)
    } catch (error) {
      await rm(kept, { force: true })
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unwritten(this.file, error)
    }
  }

  /** @param as what the details are */
  async add(rows: readonly Remarked[], as: 'reason' | 'warning' = 'reason'): Promise<void> {
    if (rows.length === 0) return
    const lines = rows.flatMap(({ line, problems }) =>
      problems.map(({ pointer, detail }) => `${JSON.stringify({ line, pointer, [as]: detail })}\n`),
    )
    try {
      await appendFile(this.file, lines.join(''))
    } catch (error) {
      throw unwritten(this.file, error)
    }
  }
}

/** Nothing where the crash has torn it. */
function lineOf(text: string): number | undefined {
  try {
    return (JSON.parse(text) as { line: number }).line
  } catch {
    return undefined
  }
}

/** Spans are in order. */
function within(line: number, spans: readonly [number, number][]): boolean {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((spans[middle] as [number, number])[1] < line) low = middle + 1
    else high = middle
  }
  const span = spans[low]
  return span !== undefined && line > span[0]
}
