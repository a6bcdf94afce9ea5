import { api, array, boolean, int16, int32, type Message, message, string, uuid } from '../schema/index.ts'

/** Null topics mean all of them; an empty list means none, except in version 0, which has no null and means all. */
export const metadataRequest = message({
  name: 'MetadataRequest',
  versions: '0-13',
  flexible: '9+',
  fields: [
    array('topics', [uuid('topicId', { since: 10, ignorable: true }), string('name', { nullable: '10+' })], {
      nullable: '1+'
    }),
    boolean('allowAutoTopicCreation', { since: 4, fallback: true }),
    boolean('includeClusterAuthorizedOperations', { since: 8, until: 10 }),
    boolean('includeTopicAuthorizedOperations', { since: 8 })
  ]
})
export type MetadataRequest = Message<typeof metadataRequest>

/** What clients route by. The authorized operations are −2^31 when they were not asked for. */
export const metadataResponse = message({
  name: 'MetadataResponse',
  versions: '0-13',
  flexible: '9+',
  fields: [
    int32('throttleTimeMs', { since: 3, fallback: 0, ignorable: true }),
    array('brokers', [
      int32('nodeId'),
      string('host'),
      int32('port'),
      string('rack', { since: 1, nullable: '0+', fallback: null, ignorable: true })
    ]),
    string('clusterId', { since: 2, nullable: '0+', fallback: null, ignorable: true }),
    int32('controllerId', { since: 1, fallback: -1, ignorable: true }),
    array('topics', [
      int16('errorCode'),
      string('name', { nullable: '12+' }),
      uuid('topicId', { since: 10, ignorable: true }),
      boolean('isInternal', { since: 1, fallback: false, ignorable: true }),
      array('partitions', [
        int16('errorCode'),
        int32('partitionIndex'),
        int32('leaderId'),
        int32('leaderEpoch', { since: 7, fallback: -1, ignorable: true }),
        array('replicaNodes', 'int32'),
        array('isrNodes', 'int32'),
        array('offlineReplicas', 'int32', { since: 5, ignorable: true })
      ]),
      int32('topicAuthorizedOperations', { since: 8, fallback: -2147483648 })
    ]),
    int32('clusterAuthorizedOperations', { since: 8, until: 10, fallback: -2147483648 }),
    int16('errorCode', { since: 13, ignorable: true })
  ]
})
export type MetadataResponse = Message<typeof metadataResponse>

export const metadataApi = api({ key: 3, name: 'Metadata', request: metadataRequest, response: metadataResponse })
