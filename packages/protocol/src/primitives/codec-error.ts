/** Bytes that are not what the protocol says. The connection that sent them is closed; nothing else follows from it. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  /** Position in the buffer at which reading failed. */
  readonly offset: number
  readonly #reason: string
  #path = ''

  constructor(reason: string, offset: number) {
    super(`${reason} (byte ${offset})`)
    this.#reason = reason
    this.offset = offset
  }

  /** Where in the message, such as `topics[3].partitions[0].fetchOffset`; empty below the schema. */
  get path(): string {
    return this.#path
  }

  /** Prepends one step while the error travels outwards; only ever called on the way to being thrown again. */
  within(step: string): this {
    this.#path = joinPath(step, this.#path)
    this.message = `${this.#path}: ${this.#reason} (byte ${this.offset})`
    return this
  }
}

/** A value that cannot be written. A bug on our side (or of whoever calls the codec), never a peer's mistake. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
  readonly #reason: string
  #path = ''

  constructor(reason: string) {
    super(reason)
    this.#reason = reason
  }

  get path(): string {
    return this.#path
  }

  within(step: string): this {
    this.#path = joinPath(step, this.#path)
    this.message = `${this.#path}: ${this.#reason}`
    return this
  }
}

/** Adds `step` to the path of a codec error; anything else passes through unchanged. */
export function located(error: unknown, step: string): unknown {
  if (error instanceof DecodeError || error instanceof EncodeError) return error.within(step)
  return error
}

function joinPath(step: string, rest: string): string {
  if (rest === '') return step
  return rest.startsWith('[') ? `${step}${rest}` : `${step}.${rest}`
}
