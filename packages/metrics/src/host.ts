import type { BrokerMetrics } from './broker-metrics.ts'
import type { Cells } from './catalogue.ts'
import { type ReadFile, readControlGroup } from './control-group.ts'

const RESOURCES = ['cpu', 'io', 'memory'] as const

export interface HostSources {
  readonly read: ReadFile
  readonly memoryBytes: number
  readonly processors: number
}

/** Reads, before each scrape, what the operating system says of this process and of the limits it runs in. */
export function observeHost(metrics: BrokerMetrics, host: HostSources): void {
  metrics.beforeRender(() => {
    showProcess(metrics.cells, host.read)
    showPressure(metrics.cells, host.read)
    const { memoryBytesMax, cores, throttledSeconds } = readControlGroup(host.read)
    metrics.cells.memoryLimit.set(Math.min(memoryBytesMax ?? Number.POSITIVE_INFINITY, host.memoryBytes))
    metrics.cells.cpuLimit.set(Math.min(cores ?? Number.POSITIVE_INFINITY, host.processors))
    metrics.cells.cpuThrottled.value = throttledSeconds ?? 0
  })
}

function showProcess(cells: Cells, read: ReadFile): void {
  const status = read('/proc/self/status') ?? ''
  cells.processVirtualMemory.set(numberIn(status, /^VmSize:\s+(\d+) kB$/m) * 1024)
  const limits = read('/proc/self/limits') ?? ''
  const isUnlimited = /^Max address space\s+unlimited/m.test(limits)
  const limit = numberIn(limits, /^Max address space\s+(\d+)/m)
  cells.processVirtualMemoryMax.set(isUnlimited ? Number.POSITIVE_INFINITY : limit)
  const io = read('/proc/self/io') ?? ''
  cells.processIo.child('read').value = numberIn(io, /^read_bytes: (\d+)$/m)
  cells.processIo.child('write').value = numberIn(io, /^write_bytes: (\d+)$/m)
}

function showPressure({ pressureStalled }: Cells, read: ReadFile): void {
  for (const resource of RESOURCES) {
    const microseconds = numberIn(read(`/proc/pressure/${resource}`) ?? '', /^some .*total=(\d+)$/m)
    pressureStalled.child(resource).value = microseconds / 1e6
  }
}

/** NaN where the text does not say. */
function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN)
}
