import type { Readable } from 'node:stream'
import type { Clock } from '@streambus/base'
import type { Sink } from './sink.ts'

/** The world as a command sees it; tests give another one. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined }
  readonly stdout: Sink
  readonly stderr: Sink
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Calls `run` at the first SIGINT or SIGTERM; the second one ends the process. Returns how to undo that. */
  onInterrupt(run: () => void): () => void
}

export interface GlobalOptions {
  readonly bootstrap: string
  readonly json?: boolean
  readonly verbose?: boolean
  /** Milliseconds. */
  readonly timeout: number
  /** It was on the command line, and is no default. */
  readonly isTimeoutGiven?: boolean
}

/** One call of one command. */
export interface Call<Options = object> {
  readonly io: Io
  /** Positional arguments, flat. */
  readonly args: readonly string[]
  readonly options: GlobalOptions & Options
}

/** A command's body. Resolves to the exit code. */
export type Body<Options> = (call: Call<Options>) => Promise<number>
