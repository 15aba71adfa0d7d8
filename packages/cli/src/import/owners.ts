/**
 * Whom rows are about, as numbers of 32 bits: an import may name more people than there is memory.
 * @module
 */

/** A number for each owner. FNV-1a. */
export function hashesOf(owners: readonly string[]): Uint32Array<ArrayBuffer> {
  const hashes = new Uint32Array(owners.length)
  for (let index = 0; index < owners.length; index++) {
    const owner = owners[index] as string
    let hash = 0x811c9dc5
    for (let at = 0; at < owner.length; at++) hash = Math.imul(hash ^ owner.charCodeAt(at), 0x01000193)
    hashes[index] = hash
  }
  return hashes
}
