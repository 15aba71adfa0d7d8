/**
 * The bytes of a file or of standard input, in one buffer that is filled again and again: a block is to be used before the
 * next one is asked for.
 *
 * A thread reads standard input by itself: its `process.stdin` would be fed by the main thread, which has other things to do.
 * @module
 */
import { fstatSync, openSync, read } from 'node:fs'
import { Socket } from 'node:net'
import { promisify } from 'node:util'

const BLOCK_BYTES = 64 * 1024
const STDIN = 0

const readInto = promisify(read)

/** @param file nothing for standard input */
export function readBlocks(file: string | undefined): AsyncGenerator<Uint8Array> {
  const descriptor = file === undefined ? STDIN : openSync(file, 'r')
  const stats = fstatSync(descriptor)
  return stats.isFIFO() || stats.isSocket() ? pipeBlocks(descriptor) : fileBlocks(descriptor)
}

async function* fileBlocks(descriptor: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES)
  for (;;) {
    // At the end, with null as the position: pipes and terminals have none.
    const { bytesRead } = await readInto(descriptor, buffer, 0, buffer.length, null)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/** A pipe is read when there is something in it, so that nobody waits in a way that cannot be ended. */
async function* pipeBlocks(descriptor: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES)
  let bytes: number | undefined
  let failure: Error | undefined
  let wake = () => {}
  const come = (count: number) => {
    bytes = count
    wake()
    // Nothing more until this is used.
    return false
  }
  const socket = new Socket({
    fd: descriptor,
    readable: true,
    writable: false,
    onread: { buffer, callback: come },
  })
  socket.on('end', () => come(0))
  socket.on('error', (error) => {
    failure = error
    come(0)
  })
  for (;;) {
    if (bytes === undefined) await new Promise<void>((woken) => (wake = woken))
    if (failure) throw failure
    if (!bytes) return
    const count = bytes
    bytes = undefined
    yield buffer.subarray(0, count)
    socket.resume()
  }
}
