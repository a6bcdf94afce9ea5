import { createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Io } from '../io.ts'
import { UsageError } from '../usage-error.ts'

const READ_BYTES = 1024 * 1024
/** More than any broker takes as one record. */
const RAW_BYTES_MAX = 1024 * 1024 * 1024

export interface Source {
  readonly name: string
  readonly stream: Readable
}

/** Opens what is to be sent. Throws UsageError for what cannot be read, before anything is sent. */
export function openSources(io: Io, paths: readonly string[]): Source[] {
  if (paths.length === 0) return [{ name: 'stdin', stream: io.stdin }]
  for (const path of paths) if (path !== '-') mustBeReadable(path)
  return paths.map(path =>
    path === '-'
      ? { name: 'stdin', stream: io.stdin }
      : { name: path, stream: createReadStream(path, { highWaterMark: READ_BYTES }) }
  )
}

/** A whole stream in memory, for --raw. Throws RangeError when it is too large for any record. */
export async function readAll({ name, stream }: Source): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > RAW_BYTES_MAX)
      throw new RangeError(`${name} is larger than ${RAW_BYTES_MAX} bytes, too large for one record`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}

function mustBeReadable(path: string): void {
  try {
    if (statSync(path).isDirectory()) throw new UsageError(`--file ${path} is a directory; a file is expected`)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
