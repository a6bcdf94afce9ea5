const MIN_MATCH = 4
/** The format ends a block in at least 5 literals, and no match starts in its last 12 bytes. */
const LAST_LITERALS = 5
const LAST_MATCH_START = 12
const OFFSET_MAX = 0xffff
const HASH_BITS = 14
const HASH_MULTIPLIER = 0x9e3779b1

/** One LZ4 block of `bytes` (at most 4 MiB): greedy, one candidate a position, as the reference's fast mode. */
export function compressBlock(bytes: Buffer): Buffer {
  // Incompressible bytes grow by one in 255 and a token.
  const output = Buffer.allocUnsafe(bytes.length + Math.ceil(bytes.length / 255) + 16)
  const positions = new Int32Array(1 << HASH_BITS).fill(-1)
  const matchStartMax = bytes.length - LAST_MATCH_START
  let anchor = 0
  let at = 0
  let to = 0
  let misses = 0
  while (at <= matchStartMax) {
    const word = bytes.readInt32LE(at)
    const slot = Math.imul(word, HASH_MULTIPLIER) >>> (32 - HASH_BITS)
    const candidate = positions[slot] as number
    positions[slot] = at
    if (candidate < 0 || at - candidate > OFFSET_MAX || bytes.readInt32LE(candidate) !== word) {
      // Steps grow where nothing matches, so that incompressible bytes cost little.
      at += 1 + (misses++ >>> 6)
      continue
    }
    misses = 0
    const matchEnd = endOfMatch(bytes, candidate + MIN_MATCH, at + MIN_MATCH)
    to = writeSequence(output, to, bytes, { anchor, at, offset: at - candidate, matchBytes: matchEnd - at })
    at = matchEnd
    anchor = at
  }
  return output.subarray(0, writeLastLiterals(output, to, bytes, anchor))
}

interface Sequence {
  /** Literals go from here to `at`. */
  readonly anchor: number
  readonly at: number
  readonly offset: number
  readonly matchBytes: number
}

function endOfMatch(bytes: Buffer, earlier: number, later: number): number {
  const end = bytes.length - LAST_LITERALS
  let at = later
  let from = earlier
  while (at < end && bytes[at] === bytes[from]) {
    at++
    from++
  }
  return at
}

function writeSequence(output: Buffer, start: number, bytes: Buffer, sequence: Sequence): number {
  const literals = sequence.at - sequence.anchor
  const match = sequence.matchBytes - MIN_MATCH
  output[start] = (Math.min(literals, 15) << 4) | Math.min(match, 15)
  let to = writeLength(output, start + 1, literals)
  to += bytes.copy(output, to, sequence.anchor, sequence.at)
  output[to++] = sequence.offset & 0xff
  output[to++] = sequence.offset >>> 8
  return writeLength(output, to, match)
}

function writeLastLiterals(output: Buffer, start: number, bytes: Buffer, anchor: number): number {
  const literals = bytes.length - anchor
  output[start] = Math.min(literals, 15) << 4
  const to = writeLength(output, start + 1, literals)
  return to + bytes.copy(output, to, anchor)
}

/** What does not fit the token's four bits: bytes of 255, then the rest. */
function writeLength(output: Buffer, start: number, length: number): number {
  if (length < 15) return start
  let to = start
  let rest = length - 15
  for (; rest >= 255; rest -= 255) output[to++] = 255
  output[to++] = rest
  return to
}
