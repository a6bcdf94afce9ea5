import { api, array, int16, int32, int64, type Message, message, string } from '../schema/index.ts'

/**
 * Moves log starts forward. Offset −1 means the high watermark; an absurd one is clamped and refused by the
 * handler.
 */
export const deleteRecordsRequest = message({
  name: 'DeleteRecordsRequest',
  versions: '0-2',
  flexible: '2+',
  fields: [
    array('topics', [
      string('name'),
      array('partitions', [int32('partitionIndex'), int64('offset', { clamped: true })])
    ]),
    int32('timeoutMs')
  ]
})
export type DeleteRecordsRequest = Message<typeof deleteRecordsRequest>

/** The log starts after the request. */
export const deleteRecordsResponse = message({
  name: 'DeleteRecordsResponse',
  versions: '0-2',
  flexible: '2+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    array('topics', [
      string('name'),
      array('partitions', [int32('partitionIndex'), int64('lowWatermark'), int16('errorCode')])
    ])
  ]
})
export type DeleteRecordsResponse = Message<typeof deleteRecordsResponse>

export const deleteRecordsApi = api({
  key: 21,
  name: 'DeleteRecords',
  request: deleteRecordsRequest,
  response: deleteRecordsResponse
})
