const SEED = 0x9747b28c
const M = 0x5bd1e995

/** 32-bit MurmurHash2 with Kafka's seed, as a signed number. Same keys, same partitions as the Java client. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const blocksEnd = length & ~3
  let hash = SEED ^ length
  for (let at = 0; at < blocksEnd; at += 4) {
    let word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    word = Math.imul(word, M)
    word ^= word >>> 24
    hash = Math.imul(hash, M) ^ Math.imul(word, M)
  }
  const rest = length & 3
  if (rest === 3) hash ^= (bytes[blocksEnd + 2] as number) << 16
  if (rest >= 2) hash ^= (bytes[blocksEnd + 1] as number) << 8
  if (rest >= 1) hash = Math.imul(hash ^ (bytes[blocksEnd] as number), M)
  hash ^= hash >>> 13
  hash = Math.imul(hash, M)
  return hash ^ (hash >>> 15)
}

/** The partition of a key: murmur2 without its sign, modulo the partitions, as Java's default partitioner. */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}
