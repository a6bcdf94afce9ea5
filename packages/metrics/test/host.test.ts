import { describe, expect, it } from 'vitest'
import { createBrokerMetrics } from '../src/broker-metrics.ts'
import { readControlGroup } from '../src/control-group.ts'
import { observeHost } from '../src/host.ts'

function files(contents: Readonly<Record<string, string>>): (path: string) => string | null {
  return path => contents[path] ?? null
}

describe('readControlGroup', () => {
  it('takes the smallest limit of the group and those around it, version 2', () => {
    const read = files({
      '/proc/self/cgroup': '0::/kubepods/pod1/container\n',
      '/sys/fs/cgroup/kubepods/memory.max': '8000\n',
      '/sys/fs/cgroup/kubepods/pod1/memory.max': '4000\n',
      '/sys/fs/cgroup/kubepods/pod1/container/memory.max': 'max\n',
      '/sys/fs/cgroup/kubepods/pod1/container/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/kubepods/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/kubepods/pod1/container/cpu.stat': 'usage_usec 5\nnr_throttled 2\nthrottled_usec 2500000\n'
    })
    expect(readControlGroup(read)).toEqual({ memoryBytesMax: 4000, cores: 1.5, throttledSeconds: 2.5 })
  })

  it('finds the limits of a container that sees its own group as the root', () => {
    const read = files({
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': '1000\n',
      '/sys/fs/cgroup/cpu.max': '50000 100000\n'
    })
    expect(readControlGroup(read)).toEqual({ memoryBytesMax: 1000, cores: 0.5, throttledSeconds: null })
  })

  it('reads version 1, where no limit is a very large one', () => {
    const read = files({
      '/proc/self/cgroup': '11:memory:/a\n4:cpu,cpuacct:/b\n0::/\n',
      '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '777\n',
      '/sys/fs/cgroup/cpu/b/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/b/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu/b/cpu.stat': 'nr_periods 1\nthrottled_time 3000000000\n'
    })
    expect(readControlGroup(read)).toEqual({ memoryBytesMax: 777, cores: null, throttledSeconds: 3 })
  })

  it('knows no limits where nothing is told', () => {
    expect(readControlGroup(() => null)).toEqual({ memoryBytesMax: null, cores: null, throttledSeconds: null })
  })
})

describe('observeHost', () => {
  it('shows what the kernel says of the process, and the machine where no limit is smaller', () => {
    const metrics = createBrokerMetrics()
    const { cells } = metrics
    const read = files({
      '/proc/self/status': 'Name:\tnode\nVmSize:\t  1024 kB\n',
      '/proc/self/limits': 'Max address space         unlimited            unlimited            bytes\n',
      '/proc/self/io': 'rchar: 9\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n',
      '/proc/pressure/io': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 total=7\n'
    })
    observeHost(metrics, { read, memoryBytes: 5_000, processors: 4 })
    metrics.collect()
    expect(cells.processVirtualMemory.value).toBe(1024 * 1024)
    expect(cells.processVirtualMemoryMax.value).toBe(Number.POSITIVE_INFINITY)
    expect([cells.processIo.child('read').value, cells.processIo.child('write').value]).toEqual([4096, 8192])
    expect(cells.pressureStalled.child('io').value).toBe(1.5)
    expect(cells.pressureStalled.child('memory').value).toBeNaN()
    expect([cells.memoryLimit.value, cells.cpuLimit.value, cells.cpuThrottled.value]).toEqual([5_000, 4, 0])
  })
})
