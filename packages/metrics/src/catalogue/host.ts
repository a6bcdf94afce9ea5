import { counter, gauge, ownedBy } from '../definition.ts'

// What the operating system says of this process and of the limits it runs in. Linux; NaN where the system is silent.

const seconds = { unit: 'seconds' } as const
const bytes = { unit: 'bytes' } as const

export const hostMetrics = ownedBy('host', {
  processVirtualMemory: gauge('process_virtual_memory_bytes', 'Virtual memory size.', bytes),
  processVirtualMemoryMax: gauge(
    'process_virtual_memory_max_bytes',
    'Virtual memory at most; +Inf without a limit. See streambus_memory_limit_bytes.',
    bytes
  ),
  processIo: counter(
    'streambus_process_io_bytes_total',
    'Bytes that this process had read from and written to disks.',
    {
      ...bytes,
      labels: ['direction']
    }
  ),
  memoryLimit: gauge(
    'streambus_memory_limit_bytes',
    'Memory that this process can have: the limit of its control group, else that of the machine.',
    bytes
  ),
  cpuLimit: gauge(
    'streambus_cpu_limit_cores',
    'Processors that this process can have: the quota of its control group, else those of the machine.'
  ),
  cpuThrottled: counter(
    'streambus_cpu_throttled_seconds_total',
    'Time for which the control group was stopped because its quota was used up.',
    seconds
  ),
  pressureStalled: counter(
    'streambus_pressure_stalled_seconds_total',
    'Time in which something on this machine waited for a resource (PSI): cpu, io, memory.',
    { ...seconds, labels: ['resource'] }
  )
})
