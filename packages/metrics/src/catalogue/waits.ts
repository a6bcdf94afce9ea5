import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Requests that wait: fetches for data, producers for the commit, members for their group.

const operation = { labels: ['operation'] } as const

export const waitMetrics = ownedBy('waits', {
  purgatorySize: gauge('streambus_purgatory_size', 'Requests that wait at present.', operation),
  purgatoryWatchKeys: gauge(
    'streambus_purgatory_watch_keys',
    'Where they are registered to be woken: partitions, once for each fetch or batch that waits there. Not zero while purgatory_size is: some were left behind.',
    operation
  ),
  purgatoryCompleted: counter(
    'streambus_purgatory_completed_total',
    'Waits that ended, because there was what was waited for (satisfied) or because time was up (expired).',
    { labels: ['operation', 'result'] }
  ),
  purgatoryWait: histogram('streambus_purgatory_wait_seconds', 'How long requests waited.', {
    unit: 'seconds',
    ...operation,
    buckets: 'requestSeconds'
  })
})
