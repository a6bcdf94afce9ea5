import { api, array, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Deletes offsets of partitions to which the group is not subscribed (KIP-496). */
export const offsetDeleteRequest = message({
  name: 'OffsetDeleteRequest',
  versions: '0',
  flexible: 'never',
  fields: [string('groupId'), array('topics', [string('name'), array('partitions', [int32('partitionIndex')])])]
})
export type OffsetDeleteRequest = Message<typeof offsetDeleteRequest>

/** An error for the group, or one for each partition. */
export const offsetDeleteResponse = message({
  name: 'OffsetDeleteResponse',
  versions: '0',
  flexible: 'never',
  fields: [
    int16('errorCode'),
    int32('throttleTimeMs', { fallback: 0, ignorable: true }),
    array('topics', [string('name'), array('partitions', [int32('partitionIndex'), int16('errorCode')])])
  ]
})
export type OffsetDeleteResponse = Message<typeof offsetDeleteResponse>

export const offsetDeleteApi = api({
  key: 47,
  name: 'OffsetDelete',
  request: offsetDeleteRequest,
  response: offsetDeleteResponse
})
