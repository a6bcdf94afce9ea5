import type * as zlibModule from 'node:zlib'

type Zlib = typeof zlibModule

let loaded: Zlib | undefined

/** Loading takes 2 ms, so it waits until a batch is compressed. */
export function zlib(): Zlib {
  loaded ??= process.getBuiltinModule('node:zlib')
  return loaded
}

/** What a synchronous call gives back with `info`; `bytesWritten` is how much of the input it took. */
export interface Outcome {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** Bigger steps mean fewer pieces to join, smaller ones less to allocate for a small batch. */
export function outputChunkBytes(inputBytes: number, outputBytesMax: number): number {
  return Math.min(Math.max(inputBytes * 4, 4096), Math.max(outputBytesMax, 4096), 1024 * 1024)
}
