import { decompress } from '../compression/codec.ts'
import type { CodecName } from '../compression/codec-name.ts'
import { CorruptCompressedData, DecompressedTooLarge } from '../compression/compression-error.ts'
import { type ErrorCode, Errors } from '../errors.ts'
import { MalformedRecords } from './record-cursor.ts'

export interface RecordError {
  /** Position of the record in its batch. */
  readonly index: number
  readonly message: string
}

/** A batch that must not be appended, with the protocol's error for it. Nothing of the batch was changed. */
export class BatchRefused extends Error {
  override readonly name = 'BatchRefused'
  readonly error: ErrorCode
  /** The records at fault, when single ones are; the whole batch is refused all the same (KIP-467). */
  readonly recordErrors: readonly RecordError[]

  constructor(error: ErrorCode, message: string, recordErrors: readonly RecordError[] = []) {
    super(message)
    this.error = error
    this.recordErrors = recordErrors
  }
}

/** What a producer is told when its records cannot be read; any other error is a bug and comes back as it is. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof MalformedRecords) {
    const recordErrors = error.index < 0 ? [] : [{ index: error.index, message: error.message }]
    return new BatchRefused(Errors.INVALID_RECORD, error.message, recordErrors)
  }
  if (error instanceof DecompressedTooLarge) return new BatchRefused(Errors.MESSAGE_TOO_LARGE, error.message)
  if (error instanceof CorruptCompressedData) return new BatchRefused(Errors.CORRUPT_MESSAGE, error.message)
  return error
}

export function decompressOrRefuse(codec: CodecName, bytes: Buffer, outputBytesMax: number): Buffer {
  try {
    return decompress(codec, bytes, outputBytesMax)
  } catch (error) {
    throw asRefusal(error)
  }
}
