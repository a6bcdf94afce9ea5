import { api, array, int8, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Version 0 asks for client metrics resources only; from 1 the types to list, none meaning all (KIP-1142). */
export const listConfigResourcesRequest = message({
  name: 'ListConfigResourcesRequest',
  versions: '0-1',
  flexible: '0+',
  fields: [array('resourceTypes', 'int8', { since: 1 })]
})
export type ListConfigResourcesRequest = Message<typeof listConfigResourcesRequest>

/** The type is left out in version 0, where it is always 16. */
export const listConfigResourcesResponse = message({
  name: 'ListConfigResourcesResponse',
  versions: '0-1',
  flexible: '0+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    int16('errorCode'),
    array('configResources', [
      string('resourceName'),
      int8('resourceType', { since: 1, fallback: 16, ignorable: true })
    ])
  ]
})
export type ListConfigResourcesResponse = Message<typeof listConfigResourcesResponse>

export const listConfigResourcesApi = api({
  key: 74,
  name: 'ListConfigResources',
  request: listConfigResourcesRequest,
  response: listConfigResourcesResponse
})
