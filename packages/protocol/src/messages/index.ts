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
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  findCoordinatorApi,
  findCoordinatorRequest,
  findCoordinatorResponse
} from './10-find-coordinator.ts'
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
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  incrementalAlterConfigsApi,
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse
} from './44-incremental-alter-configs.ts'
export {
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  describeClusterApi,
  describeClusterRequest,
  describeClusterResponse
} from './60-describe-cluster.ts'
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
