import { api, array, boolean, int16, int32, type Message, message, string } from '../schema/index.ts'

/** `count` is the new total. Null assignments leave the placement to the broker. */
export const createPartitionsRequest = message({
  name: 'CreatePartitionsRequest',
  versions: '0-3',
  flexible: '2+',
  fields: [
    array('topics', [
      string('name'),
      int32('count'),
      array('assignments', [array('brokerIds', 'int32')], { nullable: '0+' })
    ]),
    int32('timeoutMs'),
    boolean('validateOnly')
  ]
})
export type CreatePartitionsRequest = Message<typeof createPartitionsRequest>

/** One answer a topic. */
export const createPartitionsResponse = message({
  name: 'CreatePartitionsResponse',
  versions: '0-3',
  flexible: '2+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    array('results', [string('name'), int16('errorCode'), string('errorMessage', { nullable: '0+', fallback: null })])
  ]
})
export type CreatePartitionsResponse = Message<typeof createPartitionsResponse>

export const createPartitionsApi = api({
  key: 37,
  name: 'CreatePartitions',
  request: createPartitionsRequest,
  response: createPartitionsResponse
})
