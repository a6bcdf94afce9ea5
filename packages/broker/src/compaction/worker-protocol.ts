import type { DiskError } from '@streambus/base'
import type { CleanedGroup, CompactionInput, CompactionResult } from '@streambus/storage-log'

/** What the thread gets when it starts. */
export interface WorkerJob {
  readonly input: CompactionInput
  readonly bytesPerSecond: number
  /** One int32; the main thread stores 1 to call the round off, and the thread sleeps on it. */
  readonly stop: SharedArrayBuffer
}

export type WorkerMessage =
  | { readonly kind: 'group'; readonly group: CleanedGroup }
  | { readonly kind: 'result'; readonly result: CompactionResult }
  | { readonly kind: 'disk-error'; readonly error: Pick<DiskError, 'code' | 'operation' | 'path' | 'message'> }
  | { readonly kind: 'failed'; readonly message: string }
