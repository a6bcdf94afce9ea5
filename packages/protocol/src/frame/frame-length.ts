/** A frame whose announced length cannot be honoured. The connection is closed: nothing after it can be understood. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly length: number

  constructor(length: number, lengthMax: number) {
    super(`frame length ${length} is not within 1 … ${lengthMax} bytes`)
    this.length = length
  }
}

/** Bytes in front of every frame: its length, not counting themselves. */
export const FRAME_LENGTH_BYTES = 4

/** To be called as soon as the first four bytes are there, before waiting for (or making room for) the rest. */
export function checkFrameLength(length: number, lengthMax: number): void {
  if (length <= 0 || length > lengthMax) throw new FrameError(length, lengthMax)
}
