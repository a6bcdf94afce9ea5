/** The part of V8's .cpuprofile that is read here. */
export interface CpuProfile {
  /** Microseconds on the machine's monotonic clock. */
  readonly startTime: number
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

export interface Share {
  readonly name: string
  readonly selfMs: number
  /** Of the time in which the process was not idle. */
  readonly percent: number
}

/** The first pattern that fits a function or, failing that, its nearest fitting caller, names the group. */
const GROUPS: readonly (readonly [group: string, pattern: RegExp])[] = [
  ['garbage collector', /^\(garbage collector\)/],
  ['idle', /^\(idle\)/],
  ['outside JavaScript: libuv, socket reads', /^\(program\)|^\(root\)/],
  ['crc', /crc32/i],
  ['sync', /fdatasync|fsync|flusher\.ts|group-commit/],
  [
    'file write',
    /^writev?(Sync|Buffers?|String)? .*node:fs|writeBuffers? node:fs|#write(One|Many)? .*disk\.ts|^write .*disk\.ts/
  ],
  ['file read', /^readv?(Sync)? .*node:fs|^read .*disk\.ts/],
  ['socket write', /^(writev|writeUtf8String|writeBuffer|writeLatin1String) |writev?Generic/],
  ['socket write', /node:internal\/streams\/writable|cork/],
  ['socket read', /onStreamRead|stream_base_commons|useUserBuffer|readStart/],
  ['log', /packages\/storage-log\//],
  ['records', /packages\/protocol\/src\/records\//],
  ['decode and encode', /packages\/protocol\//],
  ['partition', /packages\/broker\/src\/partition\//],
  ['handlers', /packages\/broker\/src\/handlers\//],
  ['pipeline', /packages\/broker\/src\/pipeline\//],
  ['net', /packages\/broker\/src\/net\//],
  [
    'metrics and log lines',
    /packages\/metrics\/|packages\/broker\/src\/observability\/|node_modules\/(pino|prom-client)/
  ],
  [
    'start',
    /packages\/cli\/|node:internal\/modules|typescript|amaro|packages\/broker\/src\/(config|controller|admin)\//
  ],
  ['other of the broker', /packages\//],
  ['node', /node:/]
]

/** Microseconds on the same clock as the profile's start. */
export interface Window {
  readonly fromUs: number
  readonly toUs: number
}

/**
 * Self time by group and by function, largest first. Only what was sampled in the window counts; idle time is left
 * out: it is the client's or the disk's.
 */
export function analyse(
  profile: CpuProfile,
  window: Window
): {
  readonly groups: readonly Share[]
  readonly functions: readonly Share[]
} {
  const selfUs = new Map<number, number>()
  let atUs = profile.startTime
  for (const [index, id] of profile.samples.entries()) {
    const deltaUs = profile.timeDeltas[index] ?? 0
    atUs += deltaUs
    if (atUs >= window.fromUs && atUs <= window.toUs) selfUs.set(id, (selfUs.get(id) ?? 0) + deltaUs)
  }
  const parents = new Map<number, ProfileNode>()
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node)
  const groups = new Map<string, number>()
  const functions = new Map<string, number>()
  for (const node of profile.nodes) {
    const us = selfUs.get(node.id) ?? 0
    const group = groupOf(node, parents)
    if (us === 0 || group === 'idle') continue
    groups.set(group, (groups.get(group) ?? 0) + us)
    const name = `${describe(node)}  [${group}]`
    functions.set(name, (functions.get(name) ?? 0) + us)
  }
  return { groups: shares(groups), functions: shares(functions) }
}

function groupOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string {
  for (let at: ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) {
    const text = describe(at)
    const found = GROUPS.find(([, pattern]) => pattern.test(text))
    if (found !== undefined && !(at !== node && found[0] === 'outside JavaScript: libuv, socket reads')) return found[0]
  }
  return 'other'
}

function describe({ callFrame }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame
  const file = url.replace(/^file:\/\/.*?(?=packages\/|node_modules\/|bench\/)/, '')
  return `${functionName || '(anonymous)'} ${file}${lineNumber >= 0 && file !== '' ? `:${lineNumber + 1}` : ''}`
}

function shares(byName: ReadonlyMap<string, number>): Share[] {
  const total = [...byName.values()].reduce((sum, us) => sum + us, 0)
  return [...byName]
    .map(([name, us]) => ({ name, selfMs: us / 1000, percent: (100 * us) / total }))
    .sort((a, b) => b.selfMs - a.selfMs)
}
