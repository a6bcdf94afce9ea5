import type { Clock } from '@streambus/base'
import type { ConfigValues } from '../config/schema.ts'
import type { TopicSettings } from '../config/topic.ts'
import type { Controller } from '../controller/controller.ts'
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { OffsetsTopic } from '../coordinator/group/offsets-topic.ts'
import { ProducerIds } from '../coordinator/transaction/producer-ids.ts'
import type { ParkedFetches } from '../partition/parked-fetches.ts'
import type { PartitionProbe } from '../partition/partition-probe.ts'
import type { PartitionSet } from '../partition/partition-set.ts'
import { produceHandler } from './00-produce.ts'
import { fetchHandler } from './01-fetch.ts'
import { listOffsetsHandler } from './02-list-offsets.ts'
import { metadataHandler } from './03-metadata.ts'
import { offsetCommitHandler } from './08-offset-commit.ts'
import { offsetFetchHandler } from './09-offset-fetch.ts'
import { findCoordinatorHandler } from './10-find-coordinator.ts'
import { joinGroupHandler } from './11-join-group.ts'
import { heartbeatHandler } from './12-heartbeat.ts'
import { leaveGroupHandler } from './13-leave-group.ts'
import { syncGroupHandler } from './14-sync-group.ts'
import { describeGroupsHandler } from './15-describe-groups.ts'
import { listGroupsHandler } from './16-list-groups.ts'
import { apiVersionsHandler } from './18-api-versions.ts'
import { createTopicsHandler } from './19-create-topics.ts'
import { deleteTopicsHandler } from './20-delete-topics.ts'
import { deleteRecordsHandler } from './21-delete-records.ts'
import { initProducerIdHandler } from './22-init-producer-id.ts'
import { offsetForLeaderEpochHandler } from './23-offset-for-leader-epoch.ts'
import { describeConfigsHandler } from './32-describe-configs.ts'
import { alterConfigsHandler } from './33-alter-configs.ts'
import { describeLogDirsHandler, type LogDirView } from './35-describe-log-dirs.ts'
import { createPartitionsHandler } from './37-create-partitions.ts'
import { deleteGroupsHandler } from './42-delete-groups.ts'
import { incrementalAlterConfigsHandler } from './44-incremental-alter-configs.ts'
import { offsetDeleteHandler } from './47-offset-delete.ts'
import { describeClusterHandler } from './60-describe-cluster.ts'
import { consumerGroupHeartbeatHandler } from './68-consumer-group-heartbeat.ts'
import { consumerGroupDescribeHandler } from './69-consumer-group-describe.ts'
import { listConfigResourcesHandler } from './74-list-config-resources.ts'
import { describeTopicPartitionsHandler } from './75-describe-topic-partitions.ts'
import type { ConfigCatalogue } from './config-catalogue.ts'
import type { AnyHandler } from './handler.ts'
import { HandlerRegistry } from './registry.ts'
import type { StorageErrorListener } from './storage-error.ts'

export interface HandlerDependencies {
  readonly nodeId: number
  readonly controller: Controller
  readonly configs: ConfigCatalogue
  readonly partitions: PartitionSet
  readonly groups: GroupCoordinator
  readonly offsetsTopic: OffsetsTopic
  readonly parked: ParkedFetches
  readonly logDirs: () => readonly LogDirView[]
  readonly probe: PartitionProbe
  readonly clock: Clock
  /** Settings in force now, dynamic ones included. */
  readonly settings: () => ConfigValues
  /** Bytes that fetch answers under way hold. */
  readonly outputBytes: () => number
  readonly onStorageError: StorageErrorListener
}

/** Every API this broker answers; what is not in this list is not advertised. */
export function createRegistry(dependencies: HandlerDependencies): HandlerRegistry {
  const registry: HandlerRegistry = new HandlerRegistry([
    ...dataHandlers(dependencies),
    ...groupHandlers(dependencies),
    ...adminHandlers(dependencies),
    apiVersionsHandler(() => registry.ranges())
  ])
  return registry
}

function dataHandlers(dependencies: HandlerDependencies): AnyHandler[] {
  const { nodeId, controller, partitions, offsetsTopic, parked, probe, clock } = dependencies
  const { settings, outputBytes, onStorageError } = dependencies
  return [
    produceHandler({ partitions, probe }),
    fetchHandler({
      partitions,
      probe,
      clock,
      parked,
      bytesMax: () => settings()['fetch.max.bytes'],
      onStorageError,
      bytesFree: () => settings()['output.bytes.max'] - outputBytes()
    }),
    listOffsetsHandler({ partitions, onStorageError }),
    metadataHandler({
      controller,
      nodeId,
      isAutoCreateEnabled: () => settings()['auto.create.topics.enable'],
      isOffline: (topic, index) => partitions.isOffline(topic, index)
    }),
    findCoordinatorHandler({ nodeId, offsetsTopic }),
    initProducerIdHandler({ producerIds: new ProducerIds(() => controller.allocateProducerIds()) }),
    offsetForLeaderEpochHandler({ partitions })
  ]
}

export function groupHandlers({
  groups,
  controller: { image },
  clock
}: Pick<HandlerDependencies, 'groups' | 'controller' | 'clock'>): AnyHandler[] {
  return [
    offsetCommitHandler({ groups, image }),
    offsetFetchHandler({ groups, image, clock }),
    joinGroupHandler({ groups }),
    heartbeatHandler({ groups }),
    leaveGroupHandler({ groups }),
    syncGroupHandler({ groups }),
    describeGroupsHandler({ groups, clock }),
    listGroupsHandler({ groups }),
    deleteGroupsHandler({ groups, clock }),
    offsetDeleteHandler({ groups, image }),
    consumerGroupHeartbeatHandler({ groups }),
    consumerGroupDescribeHandler({ groups, clock })
  ]
}

function adminHandlers(dependencies: HandlerDependencies): AnyHandler[] {
  const { nodeId, controller, configs, partitions, logDirs, settings } = dependencies
  const { image } = controller
  return [
    createTopicsHandler({ controller, configs }),
    deleteTopicsHandler({ controller, isEnabled: () => settings()['delete.topic.enable'] }),
    deleteRecordsHandler({
      partitions,
      isOnlyCompacted: topic => isOnlyCompacted(partitions.find(topic, 0)?.settings)
    }),
    describeConfigsHandler({ nodeId, image, configs }),
    alterConfigsHandler({ nodeId, controller, configs }),
    describeLogDirsHandler({ logDirs }),
    createPartitionsHandler({ controller }),
    incrementalAlterConfigsHandler({ nodeId, controller, configs }),
    describeClusterHandler({ nodeId, image }),
    listConfigResourcesHandler({ image }),
    describeTopicPartitionsHandler({ image, isOffline: (topic, index) => partitions.isOffline(topic, index) })
  ]
}

function isOnlyCompacted(settings: TopicSettings | undefined): boolean {
  return settings !== undefined && settings.isCompacted && !settings.retentionDeletes
}
