import type { BufferPool, Clock } from '@streambus/base'
import { isLoopback } from './config/listeners.ts'
import type { Config } from './config/load.ts'
import type { Instruments } from './instruments.ts'
import { connectionsThatFit, openFilesMax } from './net/descriptor-limit.ts'
import { Listener } from './net/listener.ts'
import { MemoryBudget } from './net/memory-budget.ts'
import { unreachableBecause } from './net/reachability.ts'
import { bindConnectionLines } from './observability/bind-connection-lines.ts'
import type { Log } from './observability/log.ts'
import type { RepeatedLines } from './observability/repeated-lines.ts'
import type { Execute } from './pipeline/exchange.ts'

export interface LiveListenersOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly repeated: RepeatedLines
  readonly instruments: Pick<Instruments, 'connections' | 'requestClock'>
  /** Of frames that arrive. */
  readonly pool: BufferPool
  readonly execute: Execute
}

export interface LiveListener {
  readonly name: string
  readonly listener: Listener
  readonly connectionsMax: number
}

/** The listeners of a broker, as its settings say; not started yet. */
export function liveListeners(options: LiveListenersOptions): readonly LiveListener[] {
  const { config, clock, log, repeated, instruments, pool, execute } = options
  const { values } = config
  const budget = new MemoryBudget(values['queued.max.request.bytes'])
  let connectionCount = 0
  const connectionsMax = connectionsThatFit(values['max.connections'], openFilesMax())
  return config.listeners.map(({ name, host, port }, index) => {
    warnOfOpenListener(name, host, log)
    const listener = new Listener({
      host,
      port,
      advertised: config.advertised[index] ?? null,
      nextConnectionId: () => ++connectionCount,
      limits: {
        connectionsMax,
        connectionsPerIpMax: values['max.connections.per.ip'],
        frameBytesMax: values['socket.request.max.bytes'],
        inFlightMax: values['queued.max.requests'],
        idleMs: values['connections.max.idle.ms'],
        frameStallMs: values['request.stall.ms']
      },
      execute,
      probe: instruments.connections(name),
      clock,
      requestClock: instruments.requestClock,
      pool,
      budget,
      log: bindConnectionLines(name, log.named('net'), repeated)
    })
    return { name, listener, connectionsMax }
  })
}

function warnOfOpenListener(name: string, host: string, log: Log): void {
  if (isLoopback(host)) return
  const message = `listener ${name} is bound to ${host || 'all addresses'} WITHOUT AUTHENTICATION: whoever reaches it can read, write and delete everything`
  log.warn(message, { event: 'open_listener', host })
}

/** Clients would connect once and then never again. Says nothing once `isRunning` is over. */
export async function warnOfUnreachable(
  listeners: readonly LiveListener[],
  { clock, log, isRunning }: { readonly clock: Clock; readonly log: Log; readonly isRunning: () => boolean }
): Promise<void> {
  for (const { name, listener } of listeners) {
    const why = await unreachableBecause(listener.advertised, clock)
    if (why === null || !isRunning()) continue
    const address = addressText(listener.advertised)
    const message = `advertised address ${address} of listener ${name} cannot be reached from this machine (${why}): clients will connect and then fail; set advertised.listeners to an address they can reach`
    log.warn(message, { event: 'advertised_unreachable', listener: name, address, reason: why })
  }
}

export function addressText(address: { readonly host: string; readonly port: number } | undefined): string {
  if (address === undefined) return 'no listener'
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
