/**
 * Standard input, for a thread that is not the main one: `process.stdin` of a thread is fed by the main one, which has other
 * things to do.
 * @module
 */
import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'

/** Bytes at once. */
export const BLOCK_BYTES: number = 256 * 1024

/** The stream that `process.stdin` would be in the main thread. */
export function openStdin(): AsyncIterable<Uint8Array> {
  const stats = fstatSync(0)
  if (stats.isFIFO() || stats.isSocket()) return new Socket({ fd: 0, readable: true, writable: false })
  return createReadStream('', { fd: 0, highWaterMark: BLOCK_BYTES })
}
