export { type Address, DEFAULT_PORT, formatAddress, parseBootstrap } from './address.ts'
export {
  ClusterClient,
  type ClusterClientOptions,
  type Leader,
  type PartitionMetadata,
  type TopicMetadata
} from './cluster-client.ts'
export { Connection, type ConnectionOptions, type SendOptions } from './connection.ts'
export { ConnectionPool, type OpenConnection } from './connection-pool.ts'
export { BrokerError, isRetriable, WireError, type WireFailure } from './errors.ts'
export { highestCommonVersion, type PeerVersions } from './negotiation.ts'
export { DEFAULT_RETRY, pauseMs, type RetryPolicy, retry, sleep } from './retry.ts'
