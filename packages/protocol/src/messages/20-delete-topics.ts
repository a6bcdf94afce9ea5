import { api, array, int16, int32, type Message, message, string, uuid } from '../schema/index.ts'

/** Names up to version 5; names or ids from 6. */
export const deleteTopicsRequest = message({
  name: 'DeleteTopicsRequest',
  versions: '0-6',
  flexible: '4+',
  fields: [
    array('topics', [string('name', { nullable: '0+', fallback: null }), uuid('topicId')], { since: 6 }),
    array('topicNames', 'string', { until: 5, ignorable: true }),
    int32('timeoutMs')
  ]
})
export type DeleteTopicsRequest = Message<typeof deleteTopicsRequest>

/** A topic deleted by an unknown id has a null name. */
export const deleteTopicsResponse = message({
  name: 'DeleteTopicsResponse',
  versions: '0-6',
  flexible: '4+',
  fields: [
    int32('throttleTimeMs', { since: 1, fallback: 0, ignorable: true }),
    array('responses', [
      string('name', { nullable: '6+' }),
      uuid('topicId', { since: 6, ignorable: true }),
      int16('errorCode'),
      string('errorMessage', { since: 5, nullable: '0+', fallback: null, ignorable: true })
    ])
  ]
})
export type DeleteTopicsResponse = Message<typeof deleteTopicsResponse>

export const deleteTopicsApi = api({
  key: 20,
  name: 'DeleteTopics',
  request: deleteTopicsRequest,
  response: deleteTopicsResponse
})
