import { api, int16, int32, int64, type Message, message, string } from '../schema/index.ts'

/**
 * A producer id; with a transactional id also fences older producers. Version 3 resumes with a known id and epoch
 * (KIP-360).
 */
export const initProducerIdRequest = message({
  name: 'InitProducerIdRequest',
  versions: '0-5',
  flexible: '2+',
  fields: [
    string('transactionalId', { nullable: '0+' }),
    int32('transactionTimeoutMs'),
    int64('producerId', { since: 3, fallback: -1 }),
    int16('producerEpoch', { since: 3, fallback: -1 })
  ]
})
export type InitProducerIdRequest = Message<typeof initProducerIdRequest>

/** Producer id and epoch are −1 beside an error. */
export const initProducerIdResponse = message({
  name: 'InitProducerIdResponse',
  versions: '0-5',
  flexible: '2+',
  fields: [
    int32('throttleTimeMs', { fallback: 0, ignorable: true }),
    int16('errorCode'),
    int64('producerId', { fallback: -1 }),
    int16('producerEpoch')
  ]
})
export type InitProducerIdResponse = Message<typeof initProducerIdResponse>

export const initProducerIdApi = api({
  key: 22,
  name: 'InitProducerId',
  request: initProducerIdRequest,
  response: initProducerIdResponse
})
