import { Writable } from 'node:stream'
import type { ClusterClient } from '@streambus/wire-client'
import { withCluster } from './cluster.ts'
import type { Call } from './io.ts'
import { formatTimestamp } from './output/format.ts'
import { requireTerminal, watch } from './output/watch.ts'
import { Sink } from './sink.ts'
import { UsageError } from './usage-error.ts'

export interface WatchOptions {
  readonly watch?: boolean
  /** Milliseconds. */
  readonly interval?: number
}

const INTERVAL_MS = 2000

/** True when the call asks to watch. Throws UsageError for what does not go together. */
export function isWatching({ io, options }: Call<WatchOptions>): boolean {
  if (options.interval !== undefined && !options.watch) {
    throw new UsageError('--interval is how often --watch looks again; give --watch too')
  }
  if (options.watch !== true) return false
  requireTerminal(io, options.json === true)
  return true
}

/** Shows `frame` under a title line, again and again in the same place, until it is interrupted. */
export async function watchCluster(
  call: Call<WatchOptions>,
  { what, frame }: { readonly what: string; readonly frame: (cluster: ClusterClient) => Promise<readonly string[]> }
): Promise<void> {
  const { io, options } = call
  const intervalMs = options.interval ?? INTERVAL_MS
  const stop = Promise.withResolvers<void>()
  let isStopped = false
  const watching = withCluster(
    call,
    cluster =>
      watch({
        io,
        intervalMs,
        frame: async () => {
          const lines = await frame(cluster)
          const now = formatTimestamp(io.clock.wallMs())
          return [`${now}  Ctrl-C ends this; every ${intervalMs} ms: ${what}`, '', ...lines]
        },
        abort() {
          isStopped = true
          stop.resolve()
          void cluster.destroy()
        }
      }),
    () => isStopped
  )
  // An interrupt does not wait for a broker that does not answer.
  await Promise.race([watching, stop.promise])
}

/** What `print` prints, line by line, without styles. */
export function printedLines(print: (sink: Sink) => void): string[] {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString())
      done()
    }
  })
  print(new Sink(stream))
  return chunks.join('').replace(/\n$/, '').split('\n')
}
