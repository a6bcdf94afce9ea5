export { type ProduceRequest, type ProduceResponse, produceApi, produceRequest, produceResponse } from './00-produce.ts'
export { type FetchRequest, type FetchResponse, fetchApi, fetchRequest, fetchResponse } from './01-fetch.ts'
export {
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  listOffsetsApi,
  listOffsetsRequest,
  listOffsetsResponse
} from './02-list-offsets.ts'
export {
  type MetadataRequest,
  type MetadataResponse,
  metadataApi,
  metadataRequest,
  metadataResponse
} from './03-metadata.ts'
export {
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  offsetCommitApi,
  offsetCommitRequest,
  offsetCommitResponse
} from './08-offset-commit.ts'
export {
  type OffsetFetchRequest,
  type OffsetFetchResponse,
  offsetFetchApi,
  offsetFetchRequest,
  offsetFetchResponse
} from './09-offset-fetch.ts'
export {
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  findCoordinatorApi,
  findCoordinatorRequest,
  findCoordinatorResponse
} from './10-find-coordinator.ts'
export {
  type JoinGroupRequest,
  type JoinGroupResponse,
  joinGroupApi,
  joinGroupRequest,
  joinGroupResponse
} from './11-join-group.ts'
export {
  type HeartbeatRequest,
  type HeartbeatResponse,
  heartbeatApi,
  heartbeatRequest,
  heartbeatResponse
} from './12-heartbeat.ts'
export {
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  leaveGroupApi,
  leaveGroupRequest,
  leaveGroupResponse
} from './13-leave-group.ts'
export {
  type SyncGroupRequest,
  type SyncGroupResponse,
  syncGroupApi,
  syncGroupRequest,
  syncGroupResponse
} from './14-sync-group.ts'
export {
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  describeGroupsApi,
  describeGroupsRequest,
  describeGroupsResponse
} from './15-describe-groups.ts'
export {
  type ListGroupsRequest,
  type ListGroupsResponse,
  listGroupsApi,
  listGroupsRequest,
  listGroupsResponse
} from './16-list-groups.ts'
export {
  type ApiVersionsRequest,
  type ApiVersionsResponse,
  apiVersionsApi,
  apiVersionsRequest,
  apiVersionsResponse
} from './18-api-versions.ts'
export {
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  createTopicsApi,
  createTopicsRequest,
  createTopicsResponse
} from './19-create-topics.ts'
export {
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  deleteTopicsApi,
  deleteTopicsRequest,
  deleteTopicsResponse
} from './20-delete-topics.ts'
export {
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  deleteRecordsApi,
  deleteRecordsRequest,
  deleteRecordsResponse
} from './21-delete-records.ts'
export {
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  initProducerIdApi,
  initProducerIdRequest,
  initProducerIdResponse
} from './22-init-producer-id.ts'
export {
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  offsetForLeaderEpochApi,
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse
} from './23-offset-for-leader-epoch.ts'
export {
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  describeConfigsApi,
  describeConfigsRequest,
  describeConfigsResponse
} from './32-describe-configs.ts'
export {
  type AlterConfigsRequest,
  type AlterConfigsResponse,
  alterConfigsApi,
  alterConfigsRequest,
  alterConfigsResponse
} from './33-alter-configs.ts'
export {
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  describeLogDirsApi,
  describeLogDirsRequest,
  describeLogDirsResponse
} from './35-describe-log-dirs.ts'
export {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  createPartitionsApi,
  createPartitionsRequest,
  createPartitionsResponse
} from './37-create-partitions.ts'
export {
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
  deleteGroupsApi,
  deleteGroupsRequest,
  deleteGroupsResponse
} from './42-delete-groups.ts'
export {
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  incrementalAlterConfigsApi,
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse
} from './44-incremental-alter-configs.ts'
export {
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  offsetDeleteApi,
  offsetDeleteRequest,
  offsetDeleteResponse
} from './47-offset-delete.ts'
export {
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  describeClusterApi,
  describeClusterRequest,
  describeClusterResponse
} from './60-describe-cluster.ts'
export {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  consumerGroupHeartbeatApi,
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse
} from './68-consumer-group-heartbeat.ts'
export {
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
  consumerGroupDescribeApi,
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse
} from './69-consumer-group-describe.ts'
export {
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
  listConfigResourcesApi,
  listConfigResourcesRequest,
  listConfigResourcesResponse
} from './74-list-config-resources.ts'
export {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  describeTopicPartitionsApi,
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse
} from './75-describe-topic-partitions.ts'
