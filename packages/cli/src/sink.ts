import type { Writable } from 'node:stream'

const ROWS = 24
const COLUMNS = 80

/**
 * Where output goes. Knows back-pressure and the reader that has seen enough: after EPIPE (`… | head`) writes are
 * dropped and `isBroken` says so, which is no error. Any other write error is kept for `failure`.
 */
export class Sink {
  readonly isTty: boolean
  /** A terminal on which text can be replaced. */
  readonly canRedraw: boolean
  readonly stream: Writable
  #failure: NodeJS.ErrnoException | null = null
  #wake: (() => void) | null = null

  /** `terminal` is TERM of the environment. */
  constructor(stream: Writable, terminal?: string) {
    this.stream = stream
    this.isTty = (stream as { isTTY?: boolean }).isTTY === true
    this.canRedraw = this.isTty && terminal !== 'dumb'
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error
      this.#wakeUp()
    })
    stream.on('drain', () => this.#wakeUp())
  }

  /** Of the terminal, now; what is usual where it does not say, or says 0. Endless where there is none. */
  get size(): { readonly rows: number; readonly columns: number } {
    if (!this.isTty) return { rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY }
    const { rows, columns } = this.stream as { rows?: number; columns?: number }
    return { rows: rows || ROWS, columns: columns || COLUMNS }
  }

  /** Nobody reads any more, or the disk is full; stop producing output. */
  get isBroken(): boolean {
    return this.#failure !== null
  }

  /** Why writing failed; null also for a reader that just went away. */
  get failure(): NodeJS.ErrnoException | null {
    return this.#failure?.code === 'EPIPE' ? null : this.#failure
  }

  /** False: call `drained` before writing more. */
  write(data: string | Uint8Array): boolean {
    return this.isBroken || this.stream.write(data)
  }

  line(text: string): void {
    this.write(`${text}\n`)
  }

  async drained(): Promise<void> {
    if (this.isBroken || !this.stream.writableNeedDrain) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
  }

  /** Resolves when everything written so far is with the kernel (or never will be). */
  async flushed(): Promise<void> {
    if (this.isBroken) return
    await new Promise<void>(resolve => {
      this.stream.write('', () => resolve())
    })
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = null
  }
}
