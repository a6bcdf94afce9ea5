import { createRequire } from 'node:module'

type Crc32c = (bytes: Uint8Array, seed: number) => number

const require = createRequire(import.meta.url)

function load(): Crc32c {
  const scripted = require('crc-32/crc32c.js') as { buf(bytes: Uint8Array, seed: number): number }
  const script: Crc32c = (bytes, seed) => scripted.buf(bytes, seed) >>> 0
  try {
    const native = require('@node-rs/crc32') as { crc32c(bytes: Uint8Array, seed: number): number }
    // Crossing into native code costs more than the table loop below this size (dependencies measured at 1.8×).
    return (bytes, seed) => (bytes.length < 128 ? script(bytes, seed) : native.crc32c(bytes, seed))
  } catch {
    return script
  }
}

const compute = load()

/** CRC-32C (Castagnoli, RFC 3720), unsigned. `seed` is the CRC of what came before, so parts can be chained. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  return compute(bytes, seed)
}
