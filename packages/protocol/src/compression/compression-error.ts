/** More bytes than the caller allows. Thrown before they are all in memory. */
export class DecompressedTooLarge extends Error {
  override readonly name = 'DecompressedTooLarge'
  readonly outputBytesMax: number

  constructor(codec: string, outputBytesMax: number) {
    super(`${codec} data decompress to more than the limit of ${outputBytesMax} bytes`)
    this.outputBytesMax = outputBytesMax
  }
}

/** Bytes that are not what the codec writes, are cut off, or are followed by something else. */
export class CorruptCompressedData extends Error {
  override readonly name = 'CorruptCompressedData'

  constructor(codec: string, reason: string, cause?: unknown) {
    super(`corrupt ${codec} data: ${reason}`, { cause })
  }
}
