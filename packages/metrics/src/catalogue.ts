import { adminMetrics } from './catalogue/admin.ts'
import { brokerMetrics } from './catalogue/broker.ts'
import { compactionMetrics } from './catalogue/compaction.ts'
import { compatMetrics } from './catalogue/compat.ts'
import { connectionMetrics } from './catalogue/connections.ts'
import { groupMetrics } from './catalogue/groups.ts'
import { hostMetrics } from './catalogue/host.ts'
import { logDirectoryMetrics } from './catalogue/log-directories.ts'
import { metadataMetrics } from './catalogue/metadata.ts'
import { produceMetrics } from './catalogue/produce.ts'
import { replicationMetrics } from './catalogue/replication.ts'
import { requestMetrics } from './catalogue/requests.ts'
import { runtimeMetrics } from './catalogue/runtime.ts'
import { schemaMetrics } from './catalogue/schemas.ts'
import { securityMetrics } from './catalogue/security.ts'
import { seedMetrics } from './catalogue/seed.ts'
import { storageMetrics } from './catalogue/storage.ts'
import { topicMetrics } from './catalogue/topics.ts'
import { transactionMetrics } from './catalogue/transactions.ts'
import { waitMetrics } from './catalogue/waits.ts'
import type { CellOf, Definition } from './definition.ts'

/**
 * Every metric, once. Names, types, labels and buckets stand nowhere else; HELP lines, tests and documents come
 * from here. A metric enters when something feeds it; at zero before that stand only those whose owner awaits a part
 * of the broker that does not exist yet.
 */
export const catalogue = {
  ...seedMetrics,
  ...brokerMetrics,
  ...requestMetrics,
  ...connectionMetrics,
  ...waitMetrics,
  ...produceMetrics,
  ...topicMetrics,
  ...replicationMetrics,
  ...metadataMetrics,
  ...groupMetrics,
  ...transactionMetrics,
  ...storageMetrics,
  ...logDirectoryMetrics,
  ...compactionMetrics,
  ...securityMetrics,
  ...schemaMetrics,
  ...adminMetrics,
  ...runtimeMetrics,
  ...hostMetrics,
  ...compatMetrics
} as const satisfies Record<string, Definition>

/** The same in parts, as documents show it. */
export const sections: readonly { readonly title: string; readonly metrics: Readonly<Record<string, Definition>> }[] = [
  { title: "The monitoring guide's metrics", metrics: seedMetrics },
  { title: 'The broker', metrics: brokerMetrics },
  { title: 'Requests', metrics: requestMetrics },
  { title: 'Connections', metrics: connectionMetrics },
  { title: 'Requests that wait', metrics: waitMetrics },
  { title: 'Producing and fetching', metrics: produceMetrics },
  { title: 'Topics and partitions', metrics: topicMetrics },
  { title: 'Replication', metrics: replicationMetrics },
  { title: 'Metadata and its quorum', metrics: metadataMetrics },
  { title: 'Consumer groups', metrics: groupMetrics },
  { title: 'Transactions', metrics: transactionMetrics },
  { title: 'Logs', metrics: storageMetrics },
  { title: 'Log directories', metrics: logDirectoryMetrics },
  { title: 'Compaction', metrics: compactionMetrics },
  { title: 'Security', metrics: securityMetrics },
  { title: 'Schema registry', metrics: schemaMetrics },
  { title: 'Admin port, log and traces', metrics: adminMetrics },
  { title: 'Process and runtime', metrics: runtimeMetrics },
  { title: 'Host', metrics: hostMetrics },
  { title: 'Names of other software', metrics: compatMetrics }
]

export type MetricKey = keyof typeof catalogue

/** The cells of one broker, by the keys of the catalogue. */
export type Cells = { readonly [Key in MetricKey]: CellOf<(typeof catalogue)[Key]> }
