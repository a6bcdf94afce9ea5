import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// The process and its runtime, under the names that Prometheus client libraries use. They describe the whole
// process: brokers that share one process report the same numbers.

const seconds = { unit: 'seconds' } as const
const bytes = { unit: 'bytes' } as const

export const runtimeMetrics = ownedBy('runtime', {
  processCpuUser: counter('process_cpu_user_seconds_total', 'User CPU time.', seconds),
  processCpuSystem: counter('process_cpu_system_seconds_total', 'System CPU time.', seconds),
  processCpu: counter('process_cpu_seconds_total', 'User and system CPU time.', seconds),
  processStart: gauge('process_start_time_seconds', 'Unix time at which the process started.', seconds),
  processResidentMemory: gauge('process_resident_memory_bytes', 'Resident memory size.', bytes),
  processOpenDescriptors: gauge('process_open_fds', 'Open file descriptors.'),
  processMaxDescriptors: gauge('process_max_fds', 'Open file descriptors at most.'),
  heapTotal: gauge('nodejs_heap_size_total_bytes', 'Heap that V8 holds.', bytes),
  heapUsed: gauge('nodejs_heap_size_used_bytes', 'Heap in use.', bytes),
  heapSpaceUsed: gauge('nodejs_heap_space_size_used_bytes', 'Heap in use, by space.', { ...bytes, labels: ['space'] }),
  heapSpaceTotal: gauge('nodejs_heap_space_size_total_bytes', 'Heap that V8 holds, by space.', {
    ...bytes,
    labels: ['space']
  }),
  externalMemory: gauge('nodejs_external_memory_bytes', 'Memory of objects outside the heap, buffers included.', bytes),
  arrayBuffers: gauge('nodejs_arraybuffers_bytes', 'Memory of buffers.', bytes),
  heapLimit: gauge('nodejs_heap_limit_bytes', 'Heap at which the process ends.', bytes),
  activeResources: gauge('nodejs_active_resources', 'What keeps the event loop alive: sockets, timers, requests.', {
    labels: ['type']
  }),
  eventLoopDelay: histogram(
    'nodejs_eventloop_delay_seconds',
    'How late timers fire: the time the event loop was busy.',
    { ...seconds, buckets: 'loopSeconds' }
  ),
  eventLoopTime: counter(
    'nodejs_eventloop_time_seconds_total',
    'Time of the event loop; the share of active is its utilisation.',
    { ...seconds, labels: ['state'] }
  ),
  gcDuration: histogram('nodejs_gc_duration_seconds', 'Pauses for garbage collection.', {
    ...seconds,
    labels: ['kind'],
    buckets: 'loopSeconds'
  })
})
