import { api, array, int16, int32, int64, type Message, message, records, string, struct } from '../schema/index.ts'

/**
 * Record batches for partitions. Versions 0–2 carried older record formats and are not decoded; 12 and up need
 * transactions V2 and topic ids.
 */
export const produceRequest = message({
  name: 'ProduceRequest',
  versions: '3-11',
  flexible: '9+',
  fields: [
    string('transactionalId', { nullable: '0+', fallback: null }),
    int16('acks'),
    int32('timeoutMs'),
    array('topicData', [
      string('name', { ignorable: true }),
      array('partitionData', [int32('index'), records('records', { nullable: '0+' })])
    ])
  ]
})
export type ProduceRequest = Message<typeof produceRequest>

/**
 * No response at all is sent for acks 0. `currentLeader` and `nodeEndpoints` spare the client a metadata round
 * trip (KIP-951).
 */
export const produceResponse = message({
  name: 'ProduceResponse',
  versions: '3-11',
  flexible: '9+',
  fields: [
    array('responses', [
      string('name', { ignorable: true }),
      array('partitionResponses', [
        int32('index'),
        int16('errorCode'),
        int64('baseOffset'),
        int64('logAppendTimeMs', { fallback: -1, ignorable: true }),
        int64('logStartOffset', { since: 5, fallback: -1, ignorable: true }),
        array(
          'recordErrors',
          [int32('batchIndex'), string('batchIndexErrorMessage', { nullable: '0+', fallback: null })],
          { since: 8, ignorable: true }
        ),
        string('errorMessage', { since: 8, nullable: '0+', fallback: null, ignorable: true }),
        struct('currentLeader', [int32('leaderId', { fallback: -1 }), int32('leaderEpoch', { fallback: -1 })], {
          since: 10,
          tag: 0
        })
      ])
    ]),
    int32('throttleTimeMs', { fallback: 0, ignorable: true }),
    array(
      'nodeEndpoints',
      [int32('nodeId'), string('host'), int32('port'), string('rack', { nullable: '0+', fallback: null })],
      { since: 10, tag: 0 }
    )
  ]
})
export type ProduceResponse = Message<typeof produceResponse>

// librdkafka up to 2.11.0 sends uncompressed unless 0 is advertised; Kafka does the same (KAFKA-18659).
export const produceApi = api({
  key: 0,
  name: 'Produce',
  request: produceRequest,
  response: produceResponse,
  advertised: { min: 0, max: 11 }
})
