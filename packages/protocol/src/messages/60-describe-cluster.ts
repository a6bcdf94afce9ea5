import { api, array, boolean, int8, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Endpoint types: 1 brokers, 2 controllers (KIP-919). */
export const describeClusterRequest = message({
  name: 'DescribeClusterRequest',
  versions: '0-2',
  flexible: '0+',
  fields: [
    boolean('includeClusterAuthorizedOperations'),
    int8('endpointType', { since: 1, fallback: 1 }),
    boolean('includeFencedBrokers', { since: 2 })
  ]
})
export type DescribeClusterRequest = Message<typeof describeClusterRequest>

/** The brokers, and −1 for a controller that is not known. */
export const describeClusterResponse = message({
  name: 'DescribeClusterResponse',
  versions: '0-2',
  flexible: '0+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    int16('errorCode'),
    string('errorMessage', { nullable: '0+', fallback: null }),
    int8('endpointType', { since: 1, fallback: 1 }),
    string('clusterId'),
    int32('controllerId', { fallback: -1 }),
    array('brokers', [
      int32('brokerId'),
      string('host'),
      int32('port'),
      string('rack', { nullable: '0+', fallback: null }),
      boolean('isFenced', { since: 2 })
    ]),
    int32('clusterAuthorizedOperations', { fallback: -2147483648 })
  ]
})
export type DescribeClusterResponse = Message<typeof describeClusterResponse>

export const describeClusterApi = api({
  key: 60,
  name: 'DescribeCluster',
  request: describeClusterRequest,
  response: describeClusterResponse
})
