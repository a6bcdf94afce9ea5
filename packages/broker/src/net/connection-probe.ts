import type { NetworkErrorReason, OrderlyEnd } from '../pipeline/exchange.ts'

export type RejectReason = 'connections-max' | 'connections-per-ip' | 'memory' | 'descriptors'

/** What the network layer reports. Called per socket event, never per record. */
export interface ConnectionProbe {
  opened(): void
  closed(reason: NetworkErrorReason | OrderlyEnd): void
  rejected(reason: RejectReason): void
  bytesIn(count: number): void
  /** Of answers that the socket has taken whole. */
  bytesOut(count: number): void
  /** A complete frame was taken off a socket. */
  requestFramed(): void
  /** Counts `streambus_network_errors_total`; never a Kafka error code and never a clean close. */
  networkError(reason: NetworkErrorReason): void
}

export const SILENT_CONNECTION_PROBE: ConnectionProbe = {
  opened() {},
  closed() {},
  rejected() {},
  bytesIn() {},
  bytesOut() {},
  requestFramed() {},
  networkError() {}
}
