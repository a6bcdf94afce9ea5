import { randomBytes } from 'node:crypto'
import type { Prng } from '../prng.ts'

export const nodePrng: Prng = {
  u32: () => randomBytes(4).readUInt32LE(0),
  bytes: count => randomBytes(count)
}
