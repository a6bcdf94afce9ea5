export { AssertionError, assert, unreachable } from './assert.ts'
export { BufferPool } from './buffer-pool.ts'
export type { Clock, Timer } from './clock.ts'
export { crc32c } from './crc32c.ts'
export {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskSpace,
  type OpenOptions,
  readWhole,
  replaceWhole
} from './disk.ts'
export type { Prng } from './prng.ts'
