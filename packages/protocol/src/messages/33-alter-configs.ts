import { api, array, boolean, int8, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Replaces all dynamic configuration of a resource: what is not listed goes back to its default. */
export const alterConfigsRequest = message({
  name: 'AlterConfigsRequest',
  versions: '0-2',
  flexible: '2+',
  fields: [
    array('resources', [
      int8('resourceType'),
      string('resourceName'),
      array('configs', [string('name'), string('value', { nullable: '0+' })])
    ]),
    boolean('validateOnly')
  ]
})
export type AlterConfigsRequest = Message<typeof alterConfigsRequest>

/** One answer a resource. */
export const alterConfigsResponse = message({
  name: 'AlterConfigsResponse',
  versions: '0-2',
  flexible: '2+',
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
export type AlterConfigsResponse = Message<typeof alterConfigsResponse>

export const alterConfigsApi = api({
  key: 33,
  name: 'AlterConfigs',
  request: alterConfigsRequest,
  response: alterConfigsResponse
})
