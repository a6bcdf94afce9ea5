import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Parts of the guide's schema metrics, at zero until there is a schema registry.

const cluster = { scope: 'cluster' } as const
const request = { labels: ['route', 'status'], whenEmpty: ['', ''] } as const

export const schemaMetrics = ownedBy('schemas', {
  schemaSubjects: gauge('streambus_schema_subjects', 'Subjects in the schema registry.', cluster),
  schemas: gauge('streambus_schemas', 'Schemas in the registry, by what they are written in.', {
    ...cluster,
    labels: ['type'],
    whenEmpty: ['AVRO']
  }),
  schemaRequests: counter('streambus_schema_requests_total', 'Requests answered by the schema registry.', request),
  schemaRequestDuration: histogram('streambus_schema_request_seconds', 'Duration of requests to the schema registry.', {
    ...request,
    unit: 'seconds',
    buckets: 'requestSeconds'
  }),
  schemaCompatibilityChecks: counter(
    'streambus_schema_compatibility_checks_total',
    'Schemas compared with earlier ones of their subject.',
    { labels: ['level', 'result'], whenEmpty: ['BACKWARD', 'compatible'] }
  ),
  schemaCache: counter('streambus_schema_cache_total', 'Look-ups of schemas by id: hit, miss.', {
    labels: ['result'],
    whenEmpty: ['hit']
  }),
  schemaIdFailures: counter(
    'streambus_schema_id_validation_failures_total',
    'Batches refused because their records do not name a schema of their subject.',
    { labels: ['topic'], whenEmpty: [''], cardinality: 'T' }
  ),
  schemaRegistryLeader: gauge('streambus_schema_registry_leader', '1 where schemas are registered, 0 elsewhere.')
})
