import { ClusterClient, Connection, parseBootstrap } from '@streambus/wire-client'
import type { Call } from './io.ts'
import { UsageError } from './usage-error.ts'

const CLIENT_ID = 'streambus-cli'

/**
 * Runs `run` with a client of the cluster that --bootstrap names, and closes it afterwards whatever happens. Nothing is
 * tried again once `isStopped`.
 */
export async function withCluster<T>(
  call: Call,
  run: (cluster: ClusterClient) => Promise<T>,
  isStopped: () => boolean = () => false
): Promise<T> {
  const { io, options } = call
  const cluster = new ClusterClient({
    bootstrap: bootstrapOf(call),
    clock: io.clock,
    open: address =>
      Connection.open({ address, clientId: CLIENT_ID, requestTimeoutMs: options.timeout, clock: io.clock }),
    onRetry(error) {
      // Thrown from here, it ends the attempts.
      if (isStopped()) throw error
      sayTryingAgain(call, error)
    }
  })
  try {
    const result = await run(cluster)
    await cluster.close()
    return result
  } finally {
    await cluster.destroy()
  }
}

/** With --verbose, what is tried again and why. */
export function sayTryingAgain({ io, options }: Call, error: unknown): void {
  if (options.verbose) io.stderr.line(`trying again: ${(error as Error).message}`)
}

function bootstrapOf({ options }: Call): ReturnType<typeof parseBootstrap> {
  try {
    return parseBootstrap(options.bootstrap)
  } catch (error) {
    throw new UsageError(`--bootstrap: ${(error as Error).message}`)
  }
}
