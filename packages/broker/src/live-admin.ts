import type { Clock, Disk, Prng } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { Health } from './admin/health.ts'
import { adminRoutes } from './admin/routes/index.ts'
import { AdminServer } from './admin/server.ts'
import { Tokens } from './admin/tokens.ts'
import { type Address, isLoopback } from './config/listeners.ts'
import type { Config } from './config/load.ts'
import type { ConfigValues } from './config/schema.ts'
import { ADMIN_TOKEN } from './config/settings/admin.ts'
import type { BrokerView } from './observability/broker-view.ts'
import type { Log, LogControl } from './observability/log.ts'
import type { RepeatedLines } from './observability/repeated-lines.ts'

export interface LiveAdminOptions {
  readonly config: Config
  /** In force now. */
  readonly settings: () => ConfigValues
  readonly disk: Disk
  readonly clock: Clock
  readonly prng: Prng
  readonly log: Log
  readonly logControl: LogControl
  readonly repeated: RepeatedLines
  readonly view: BrokerView
  readonly health: Health
  readonly metrics: BrokerMetrics
  /** Where Kafka clients should connect instead, for the log: `host:port`. */
  readonly kafkaAddress: () => string
}

/** The admin port of a broker. Throws a sentence for the operator when the file of tokens cannot be used. */
export function liveAdmin(address: Address, options: LiveAdminOptions): AdminServer {
  const log = options.log.named('admin')
  const tokens = openTokens(options, log)
  if (!isLoopback(address.host)) warnOfOpenAddress(address, tokens, log)
  const heapSnapshotBytesMax = (): number => options.settings()['admin.heap.snapshot.max.bytes']
  const routes = adminRoutes({ ...options, log, heapSnapshotBytesMax })
  return new AdminServer({ ...address, ...options, log, tokens, routes })
}

function warnOfOpenAddress({ host }: Address, tokens: Tokens, log: Log): void {
  const levels = tokens.isConfigured ? '' : ', and change log levels: set admin.tokens'
  const message = `admin.listener is bound to ${host || 'all addresses'}: whoever reaches it can see topics, groups and metrics${levels}`
  log.warn(message, { event: 'open_listener', host })
}

function openTokens({ config, disk, clock, repeated }: LiveAdminOptions, log: Log): Tokens {
  const { 'admin.tokens': listed, 'admin.tokens.file': file } = config.values
  const fields = { event: 'admin_tokens_lost' }
  const onProblem = (message: string): void => {
    repeated.remind('admin-tokens', {
      log,
      level: 'error',
      message: `${message}; none of its tokens is accepted`,
      fields
    })
  }
  const tokens = new Tokens({ listed, filePath: file || null, format: ADMIN_TOKEN, disk, clock, onProblem })
  const problem = tokens.problem()
  if (problem !== null) throw new Error(problem)
  return tokens
}
