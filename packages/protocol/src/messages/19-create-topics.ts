import { api, array, boolean, int8, int16, int32, type Message, message, string, uuid } from '../schema/index.ts'

/** −1 partitions or replicas mean the broker's default, from version 4 on. Versions 0 and 1 serve old kafka-go. */
export const createTopicsRequest = message({
  name: 'CreateTopicsRequest',
  versions: '0-7',
  flexible: '5+',
  fields: [
    array('topics', [
      string('name'),
      int32('numPartitions'),
      int16('replicationFactor'),
      array('assignments', [int32('partitionIndex'), array('brokerIds', 'int32')]),
      array('configs', [string('name'), string('value', { nullable: '0+' })])
    ]),
    int32('timeoutMs', { fallback: 60000 }),
    boolean('validateOnly', { since: 1, fallback: false })
  ]
})
export type CreateTopicsRequest = Message<typeof createTopicsRequest>

/** From version 5 it shows the configuration that the topic got, from 7 its id. */
export const createTopicsResponse = message({
  name: 'CreateTopicsResponse',
  versions: '0-7',
  flexible: '5+',
  fields: [
    int32('throttleTimeMs', { since: 2, fallback: 0, ignorable: true }),
    array('topics', [
      string('name'),
      uuid('topicId', { since: 7, ignorable: true }),
      int16('errorCode'),
      string('errorMessage', { since: 1, nullable: '0+', ignorable: true }),
      int16('topicConfigErrorCode', { since: 5, tag: 0, ignorable: true }),
      int32('numPartitions', { since: 5, fallback: -1, ignorable: true }),
      int16('replicationFactor', { since: 5, fallback: -1, ignorable: true }),
      array(
        'configs',
        [
          string('name'),
          string('value', { nullable: '0+' }),
          boolean('readOnly'),
          int8('configSource', { fallback: -1, ignorable: true }),
          boolean('isSensitive')
        ],
        { since: 5, nullable: '0+', ignorable: true }
      )
    ])
  ]
})
export type CreateTopicsResponse = Message<typeof createTopicsResponse>

export const createTopicsApi = api({
  key: 19,
  name: 'CreateTopics',
  request: createTopicsRequest,
  response: createTopicsResponse
})
