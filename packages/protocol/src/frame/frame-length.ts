/** A frame whose announced length cannot be honoured. The connection is closed: nothing after it can be understood. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly length: number

  constructor(length: number, lengthMax: number) {
    super(`frame length ${length} is not within 1 … ${lengthMax} bytes${hint(length)}`)
    this.length = length
  }
}

const HTTP_METHODS = ['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'OPTI', 'PATC', 'CONN', 'HTTP']

/** The first bytes of another protocol, read as a length. */
function hint(length: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  if (HTTP_METHODS.includes(bytes.toString('latin1'))) return ': the peer speaks HTTP, which belongs on the admin port'
  return bytes[0] === 0x16 && bytes[1] === 0x03 ? ': the peer speaks TLS, this port does not' : ''
}

/** Bytes in front of every frame: its length, not counting themselves. */
export const FRAME_LENGTH_BYTES = 4

/** To be called as soon as the first four bytes are there, before waiting for (or making room for) the rest. */
export function checkFrameLength(length: number, lengthMax: number): void {
  if (length <= 0 || length > lengthMax) throw new FrameError(length, lengthMax)
}
