import { assert } from './assert.ts'

const CLASS_BITS_MIN = 16
const CLASS_BITS_MAX = 26

/**
 * Reuses large buffers in power-of-two classes from 64 KiB to 64 MiB. A fresh megabyte costs its page faults each
 * time (1.6× a read into a reused one, measured), and only that: contents are not cleared.
 * A buffer may be given back only after every I/O that references it has ended.
 */
export class BufferPool {
  readonly #idle: Buffer[][] = []
  readonly #idleBytesMax: number
  #idleBytes = 0
  #takenBytes = 0

  constructor(idleBytesMax: number) {
    this.#idleBytesMax = idleBytesMax
    for (let bits = CLASS_BITS_MIN; bits <= CLASS_BITS_MAX; bits++) this.#idle.push([])
  }

  /** Bytes handed out and not given back. */
  get takenBytes(): number {
    return this.#takenBytes
  }

  get idleBytes(): number {
    return this.#idleBytes
  }

  /** At least `bytes` long; rounded up to the class. Above the largest class a plain buffer that is never kept. */
  take(bytes: number): Buffer {
    const index = classIndex(bytes)
    const list = this.#idle[index]
    const reused = list?.pop()
    const buffer = reused ?? Buffer.allocUnsafeSlow(list === undefined ? bytes : 2 ** (index + CLASS_BITS_MIN))
    if (reused !== undefined) this.#idleBytes -= reused.length
    this.#takenBytes += buffer.length
    return buffer
  }

  give(buffer: Buffer): void {
    this.#takenBytes -= buffer.length
    assert(this.#takenBytes >= 0, 'a buffer is given back once')
    const list = this.#idle[classIndex(buffer.length)]
    if (list === undefined || this.#idleBytes + buffer.length > this.#idleBytesMax) return
    this.#idleBytes += buffer.length
    list.push(buffer)
  }
}

function classIndex(bytes: number): number {
  return bytes <= 2 ** CLASS_BITS_MIN ? 0 : 32 - Math.clz32(bytes - 1) - CLASS_BITS_MIN
}
