import { produceApi } from './messages/00-produce.ts'
import { fetchApi } from './messages/01-fetch.ts'
import { listOffsetsApi } from './messages/02-list-offsets.ts'
import { metadataApi } from './messages/03-metadata.ts'
import { offsetCommitApi } from './messages/08-offset-commit.ts'
import { offsetFetchApi } from './messages/09-offset-fetch.ts'
import { findCoordinatorApi } from './messages/10-find-coordinator.ts'
import { joinGroupApi } from './messages/11-join-group.ts'
import { heartbeatApi } from './messages/12-heartbeat.ts'
import { leaveGroupApi } from './messages/13-leave-group.ts'
import { syncGroupApi } from './messages/14-sync-group.ts'
import { describeGroupsApi } from './messages/15-describe-groups.ts'
import { listGroupsApi } from './messages/16-list-groups.ts'
import { apiVersionsApi } from './messages/18-api-versions.ts'
import { createTopicsApi } from './messages/19-create-topics.ts'
import { deleteTopicsApi } from './messages/20-delete-topics.ts'
import { deleteRecordsApi } from './messages/21-delete-records.ts'
import { initProducerIdApi } from './messages/22-init-producer-id.ts'
import { offsetForLeaderEpochApi } from './messages/23-offset-for-leader-epoch.ts'
import { describeConfigsApi } from './messages/32-describe-configs.ts'
import { alterConfigsApi } from './messages/33-alter-configs.ts'
import { describeLogDirsApi } from './messages/35-describe-log-dirs.ts'
import { createPartitionsApi } from './messages/37-create-partitions.ts'
import { deleteGroupsApi } from './messages/42-delete-groups.ts'
import { incrementalAlterConfigsApi } from './messages/44-incremental-alter-configs.ts'
import { offsetDeleteApi } from './messages/47-offset-delete.ts'
import { describeClusterApi } from './messages/60-describe-cluster.ts'
import { consumerGroupHeartbeatApi } from './messages/68-consumer-group-heartbeat.ts'
import { consumerGroupDescribeApi } from './messages/69-consumer-group-describe.ts'
import { listConfigResourcesApi } from './messages/74-list-config-resources.ts'
import { describeTopicPartitionsApi } from './messages/75-describe-topic-partitions.ts'
import type { ApiSchema } from './schema/index.ts'

/** Every API that this package can speak, by Kafka's name. */
export const apis = {
  produce: produceApi,
  fetch: fetchApi,
  listOffsets: listOffsetsApi,
  metadata: metadataApi,
  offsetCommit: offsetCommitApi,
  offsetFetch: offsetFetchApi,
  findCoordinator: findCoordinatorApi,
  joinGroup: joinGroupApi,
  heartbeat: heartbeatApi,
  leaveGroup: leaveGroupApi,
  syncGroup: syncGroupApi,
  describeGroups: describeGroupsApi,
  listGroups: listGroupsApi,
  apiVersions: apiVersionsApi,
  createTopics: createTopicsApi,
  deleteTopics: deleteTopicsApi,
  deleteRecords: deleteRecordsApi,
  initProducerId: initProducerIdApi,
  offsetForLeaderEpoch: offsetForLeaderEpochApi,
  describeConfigs: describeConfigsApi,
  alterConfigs: alterConfigsApi,
  describeLogDirs: describeLogDirsApi,
  createPartitions: createPartitionsApi,
  deleteGroups: deleteGroupsApi,
  incrementalAlterConfigs: incrementalAlterConfigsApi,
  offsetDelete: offsetDeleteApi,
  describeCluster: describeClusterApi,
  consumerGroupHeartbeat: consumerGroupHeartbeatApi,
  consumerGroupDescribe: consumerGroupDescribeApi,
  listConfigResources: listConfigResourcesApi,
  describeTopicPartitions: describeTopicPartitionsApi
} as const

/** An API whose message types do not matter: routing, headers, tables of versions. */
export type AnyApi = ApiSchema<unknown, unknown>

const byKey: ReadonlyMap<number, AnyApi> = new Map(Object.values(apis).map(schema => [schema.key, schema]))

/** The API with this key, or undefined when this package does not speak it. */
export function apiByKey(key: number): AnyApi | undefined {
  return byKey.get(key)
}
