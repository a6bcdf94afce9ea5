/** Reads a small file; null where there is none. */
export type ReadFile = (path: string) => string | null

const ROOT = '/sys/fs/cgroup'
/** What version 1 says when there is no limit: the largest multiple of a page. */
const NO_LIMIT_V1 = 2 ** 62

export interface ControlGroup {
  /** Null: there is no limit. */
  readonly memoryBytesMax: number | null
  readonly cores: number | null
  /** Null where nothing is told. */
  readonly throttledSeconds: number | null
}

interface Hierarchy {
  /** Directories of the group and of those around it, the group first. */
  readonly memory: readonly string[]
  readonly cpu: readonly string[]
  readonly isV2: boolean
}

/**
 * The control group of this process, version 2 or 1. A limit of a group around it holds as well. In a container the
 * root of the file system of groups often is the group itself, whatever its name.
 */
export function readControlGroup(read: ReadFile): ControlGroup {
  const hierarchy = findHierarchy(read('/proc/self/cgroup') ?? '')
  const { memory, cpu, isV2 } = hierarchy
  const memoryLimits = memory.map(directory => memoryLimit(read, directory, isV2))
  const coreLimits = cpu.map(directory => coreLimit(read, directory, isV2))
  return {
    memoryBytesMax: smallest(memoryLimits),
    cores: smallest(coreLimits),
    throttledSeconds: throttledSeconds(read, cpu[0] ?? ROOT, isV2)
  }
}

function findHierarchy(text: string): Hierarchy {
  const rows = text.split('\n').map(line => line.split(':'))
  const pathOf = (controller: string): string =>
    rows.find(([, controllers = '']) => controllers.split(',').includes(controller))?.[2] ?? '/'
  const isV2 = !rows.some(([, controllers = '']) => controllers.split(',').includes('memory'))
  if (isV2) {
    const own = rows.find(([number]) => number === '0')?.[2] ?? '/'
    return { memory: outwards(ROOT, own), cpu: outwards(ROOT, own), isV2 }
  }
  return { memory: outwards(`${ROOT}/memory`, pathOf('memory')), cpu: outwards(`${ROOT}/cpu`, pathOf('cpu')), isV2 }
}

function outwards(root: string, path: string): string[] {
  const names = path.split('/').filter(name => name !== '' && name !== '..')
  return Array.from({ length: names.length + 1 }, (_, at) => [root, ...names.slice(0, names.length - at)].join('/'))
}

function memoryLimit(read: ReadFile, directory: string, isV2: boolean): number | null {
  const text = read(`${directory}/${isV2 ? 'memory.max' : 'memory.limit_in_bytes'}`)
  const bytes = Number(text?.trim() || Number.NaN)
  return Number.isFinite(bytes) && bytes < NO_LIMIT_V1 ? bytes : null
}

function coreLimit(read: ReadFile, directory: string, isV2: boolean): number | null {
  const [quota, period] = isV2
    ? (read(`${directory}/cpu.max`) ?? '').trim().split(' ')
    : [read(`${directory}/cpu.cfs_quota_us`)?.trim(), read(`${directory}/cpu.cfs_period_us`)?.trim()]
  const cores = Number(quota || Number.NaN) / Number(period || Number.NaN)
  return Number.isFinite(cores) && cores > 0 ? cores : null
}

function throttledSeconds(read: ReadFile, directory: string, isV2: boolean): number | null {
  const text = read(`${directory}/cpu.stat`) ?? ''
  const found = isV2 ? /^throttled_usec (\d+)$/m.exec(text) : /^throttled_time (\d+)$/m.exec(text)
  return found === null ? null : Number(found[1]) / (isV2 ? 1e6 : 1e9)
}

function smallest(limits: readonly (number | null)[]): number | null {
  const known = limits.filter(limit => limit !== null)
  return known.length === 0 ? null : Math.min(...known)
}
