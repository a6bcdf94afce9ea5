import { api, array, boolean, int16, int32, int64, type Message, message, string } from '../schema/index.ts'

/** The first request of nearly every client. Version 3 says who is asking (KIP-511). */
export const apiVersionsRequest = message({
  name: 'ApiVersionsRequest',
  versions: '0-4',
  flexible: '3+',
  fields: [
    string('clientSoftwareName', { since: 3, ignorable: true }),
    string('clientSoftwareVersion', { since: 3, ignorable: true })
  ]
})
export type ApiVersionsRequest = Message<typeof apiVersionsRequest>

/** Its response header is always v0. In version 3 a feature whose minimum is 0 must be left out (KAFKA-17011). */
export const apiVersionsResponse = message({
  name: 'ApiVersionsResponse',
  versions: '0-4',
  flexible: '3+',
  fields: [
    int16('errorCode'),
    array('apiKeys', [int16('apiKey'), int16('minVersion'), int16('maxVersion')]),
    int32('throttleTimeMs', { since: 1, fallback: 0, ignorable: true }),
    array('supportedFeatures', [string('name'), int16('minVersion'), int16('maxVersion')], {
      since: 3,
      tag: 0,
      ignorable: true
    }),
    int64('finalizedFeaturesEpoch', { since: 3, tag: 1, fallback: -1, ignorable: true }),
    array('finalizedFeatures', [string('name'), int16('maxVersionLevel'), int16('minVersionLevel')], {
      since: 3,
      tag: 2,
      ignorable: true
    }),
    boolean('zkMigrationReady', { since: 3, tag: 3, fallback: false, ignorable: true })
  ]
})
export type ApiVersionsResponse = Message<typeof apiVersionsResponse>

export const apiVersionsApi = api({
  key: 18,
  name: 'ApiVersions',
  request: apiVersionsRequest,
  response: apiVersionsResponse
})
