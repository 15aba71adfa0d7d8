/**
 * Whom rows are about, as numbers of 32 bits: an import may name more people than there is memory.
 * @module
 */

/** The number of an owner. FNV-1a, with the end of MurmurHash3, which mixes all bits. */
export function ownerOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Those of a list, sorted. */
export function ownersOf(names: readonly string[]): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(names, ownerOf).sort()
}

/** Whether two sorted lists have a number in common. */
export function overlap(one: Uint32Array, other: Uint32Array): boolean {
  let [a, b] = [0, 0]
  while (a < one.length && b < other.length) {
    const [left, right] = [one[a] as number, other[b] as number]
    if (left === right) return true
    if (left < right) a++
    else b++
  }
  return false
}
