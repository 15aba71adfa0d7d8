/**
 * What a file held when it was imported to its end, by which another one of the same name is known. By its bytes: what they
 * are read as depends on flags and on the version of this command.
 * @module
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

export interface Content {
  bytes: number
  sha256: string
}

/**
 * @param bytes of the file, as many as are looked at: what is appended meanwhile belongs to another content
 * @param stop ends it early
 * @returns nothing where it was stopped, or the file cannot be read
 */
export async function contentOf(file: string, bytes: number, stop?: AbortSignal): Promise<Content | undefined> {
  const hash = createHash('sha256')
  try {
    if (bytes > 0)
      for await (const block of createReadStream(file, { end: bytes - 1, signal: stop })) hash.update(block)
  } catch {
    return undefined
  }
  return { bytes, sha256: hash.digest('base64url') }
}
