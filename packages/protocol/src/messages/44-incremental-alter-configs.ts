import { api, array, boolean, int8, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Changes single keys. Operations: 0 set, 1 delete, 2 append, 3 subtract (KIP-339). */
export const incrementalAlterConfigsRequest = message({
  name: 'IncrementalAlterConfigsRequest',
  versions: '0-1',
  flexible: '1+',
  fields: [
    array('resources', [
      int8('resourceType'),
      string('resourceName'),
      array('configs', [string('name'), int8('configOperation'), string('value', { nullable: '0+' })])
    ]),
    boolean('validateOnly')
  ]
})
export type IncrementalAlterConfigsRequest = Message<typeof incrementalAlterConfigsRequest>

/** One answer a resource. */
export const incrementalAlterConfigsResponse = message({
  name: 'IncrementalAlterConfigsResponse',
  versions: '0-1',
  flexible: '1+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    array('responses', [
      int16('errorCode'),
      string('errorMessage', { nullable: '0+' }),
      int8('resourceType'),
      string('resourceName')
    ])
  ]
})
export type IncrementalAlterConfigsResponse = Message<typeof incrementalAlterConfigsResponse>

export const incrementalAlterConfigsApi = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse
})
