import { api, array, int16, int32, int64, type Message, message, string } from '../schema/index.ts'

export const deleteRecordsRequest = message({
  name: 'DeleteRecordsRequest',
  versions: '0-2',
  flexible: '2+',
  fields: [
    array('topics', [string('name'), array('partitions', [int32('partitionIndex'), int64('offset')])]),
    int32('timeoutMs')
  ]
})
export type DeleteRecordsRequest = Message<typeof deleteRecordsRequest>

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
