import { api, array, boolean, int8, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Null keys mean all of them. Resource types: 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
export const describeConfigsRequest = message({
  name: 'DescribeConfigsRequest',
  versions: '1-4',
  flexible: '4+',
  fields: [
    array('resources', [
      int8('resourceType'),
      string('resourceName'),
      array('configurationKeys', 'string', { nullable: '0+' })
    ]),
    boolean('includeSynonyms', { fallback: false }),
    boolean('includeDocumentation', { since: 3, fallback: false })
  ]
})
export type DescribeConfigsRequest = Message<typeof describeConfigsRequest>

/** A sensitive value is null. Sources and types are numbers of Kafka's own enumerations. */
export const describeConfigsResponse = message({
  name: 'DescribeConfigsResponse',
  versions: '1-4',
  flexible: '4+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    array('results', [
      int16('errorCode'),
      string('errorMessage', { nullable: '0+' }),
      int8('resourceType'),
      string('resourceName'),
      array('configs', [
        string('name'),
        string('value', { nullable: '0+' }),
        boolean('readOnly'),
        int8('configSource', { fallback: -1, ignorable: true }),
        boolean('isSensitive'),
        array('synonyms', [string('name'), string('value', { nullable: '0+' }), int8('source')], { ignorable: true }),
        int8('configType', { since: 3, fallback: 0, ignorable: true }),
        string('documentation', { since: 3, nullable: '0+', ignorable: true })
      ])
    ])
  ]
})
export type DescribeConfigsResponse = Message<typeof describeConfigsResponse>

export const describeConfigsApi = api({
  key: 32,
  name: 'DescribeConfigs',
  request: describeConfigsRequest,
  response: describeConfigsResponse
})
