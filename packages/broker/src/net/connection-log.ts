import type { Peer } from '../pipeline/exchange.ts'
import type { ConnectionEnd } from './connection.ts'
import type { RejectReason } from './connection-probe.ts'

/** Hears of every connection of a listener, for the operator's log. Must not throw. */
export interface ConnectionLog {
  opened(peer: Peer): void
  closed(peer: Peer, end: ConnectionEnd): void
  /** It was closed before anything was read of it. */
  rejected(host: string, reason: RejectReason): void
}
