/** Who may import whom, and who may touch the world. The tables are the architecture; the rest checks them. */
import path from 'node:path'
import type { SourceFile } from './source.ts'

/**
 * Arrows between packages; they only point down. Think twice before adding one: a new arrow needs a line in
 * ARCHITECTURE.md that says why. 'protocol/records' allows that entry point and no other of the package.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  metrics: ['base'],
  'storage-log': ['base', 'protocol/records'],
  'wire-client': ['base', 'base/node', 'protocol'],
  broker: [
    'base',
    'base/node',
    'metrics',
    'protocol',
    'protocol/consumer-protocol',
    'protocol/group-records',
    'protocol/records',
    'storage-log'
  ],
  // dump-log and verify-log read the files themselves.
  cli: [
    'base',
    'base/node',
    'broker',
    'protocol',
    'protocol/consumer-protocol',
    'protocol/records',
    'storage-log',
    'wire-client'
  ],
  testkit: ['base', 'base/node', 'broker'],
  bench: ['base', 'base/node', 'protocol', 'protocol/consumer-protocol', 'protocol/records', 'storage-log']
}

/** Arrows between the folders of packages/broker/src. Files directly in src compose the broker and may import all. */
export const BROKER_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  net: ['pipeline', 'protocol'],
  pipeline: ['handlers', 'protocol'],
  handlers: [
    'config',
    'controller',
    'coordinator',
    'partition',
    'protocol',
    'protocol/records',
    // The error classes that a partition's append and read throw through.
    'storage-log'
  ],
  // Its shards' logs are partitions; the internal topics are made by the controller.
  coordinator: [
    'config',
    'controller',
    'partition',
    'protocol',
    'protocol/consumer-protocol',
    'protocol/group-records',
    'protocol/records',
    'storage-log'
  ],
  compaction: ['partition', 'storage-log'],
  partition: ['config', 'controller', 'protocol/records', 'storage-log'],
  controller: ['protocol', 'protocol/records', 'storage-log'],
  // A topic's settings become a log's configuration.
  config: ['protocol/records', 'storage-log'],
  // The log's interface and the read-only view of the broker; never what binds metrics.
  admin: ['coordinator', 'observability', 'metrics'],
  observability: [
    'compaction',
    'controller',
    'coordinator',
    'net',
    'partition',
    'pipeline',
    'metrics',
    'protocol',
    'protocol/records',
    'storage-log'
  ]
}

const LOWEST = ['base', 'base/node']

/** The world: files, sockets, time and chance. Who is not listed gets them as parameters. */
const WORLD_MODULES =
  /^(node:)?((fs|timers)(\/promises)?|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|sqlite)$/
const WORLD_CALLS = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
  'Date.now',
  'new Date',
  'Math.random',
  'performance.now',
  'process.hrtime'
])

/** Where the world may be touched, by the longest prefix that fits. */
const WORLD_ALLOWED = [
  'packages/base/src/node/',
  'packages/broker/src/net/',
  'packages/broker/src/admin/',
  // A thread of its own for compaction.
  'packages/broker/src/compaction/worker-',
  'packages/broker/src/broker.ts',
  'packages/broker/src/main.ts',
  'packages/wire-client/src/connection.ts',
  'packages/cli/',
  'packages/testkit/',
  'bench/',
  'dashboards/src/main.ts',
  'tests/',
  'tools/'
]

/** Only compositions choose the real clock, disk and chance. */
const REAL_WORLD_ALLOWED = [
  'packages/broker/src/broker.ts',
  'packages/broker/src/main.ts',
  // Another thread's composition.
  'packages/broker/src/compaction/worker-main.ts'
]

const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  '@opentelemetry/api': ['packages/broker/src/observability/span-exporter.ts'],
  '@opentelemetry/sdk-trace': ['packages/broker/src/observability/span-exporter.ts'],
  '@opentelemetry/exporter-trace-otlp-proto': ['packages/broker/src/observability/span-exporter.ts'],
  '@opentelemetry/resources': ['packages/broker/src/observability/span-exporter.ts'],
  // Another writer of the same format, to compare with.
  'prom-client': ['packages/metrics/test/'],
  msgpackr: ['packages/broker/src/controller/'],
  pino: [
    'packages/broker/src/observability/',
    'packages/broker/src/broker.ts',
    'packages/broker/src/main.ts',
    'packages/cli/'
  ],
  'pino-pretty': ['packages/cli/'],
  yaml: ['packages/broker/src/config/', 'tests/', 'tools/'],
  commander: ['packages/cli/'],
  '@bomb.sh/tab': ['packages/cli/']
}

interface Arrow {
  readonly from: string
  readonly to: string
  readonly line: number
}

/** One line per violation, with file and line; empty when the code keeps to the tables. */
export function layerViolations(sources: readonly SourceFile[]): string[] {
  return sources.flatMap(source => [
    ...arrowViolations(source),
    ...worldViolations(source),
    ...libraryViolations(source)
  ])
}

/** Arrows that the tables allow and nobody uses: a table that allows too much protects nothing. */
export function unusedArrows(sources: readonly SourceFile[]): string[] {
  const packages = new Set<string>()
  const folders = new Set<string>()
  for (const source of sources) {
    const place = placeOf(source.path)
    if (place === null || place.area !== 'src') continue
    for (const { specifier } of source.imports) {
      const target = packageTarget(specifier)
      if (target !== null) packages.add(`${place.package} → ${target}`)
      const local = localTarget(source.path, specifier)
      if (place.package === 'broker' && place.folder !== '') folders.add(`${place.folder} → ${local ?? target ?? ''}`)
    }
  }
  return [
    ...unused(MAY_IMPORT, packages).map(arrow => `MAY_IMPORT: ${arrow}`),
    ...unused(BROKER_MAY_IMPORT, folders).map(arrow => `BROKER_MAY_IMPORT: ${arrow}`)
  ]
}

function unused(table: Readonly<Record<string, readonly string[]>>, used: ReadonlySet<string>): string[] {
  return Object.entries(table)
    .flatMap(([from, targets]) => targets.map(to => `${from} → ${to}`))
    .filter(arrow => !used.has(arrow))
}

interface Place {
  readonly package: string
  readonly area: 'src' | 'test'
  /** First folder below src; empty for a file directly in it. */
  readonly folder: string
}

function placeOf(file: string): Place | null {
  const parts = file.split('/')
  if (parts[0] === 'bench') return { package: 'bench', area: parts[1] === 'test' ? 'test' : 'src', folder: '' }
  if (parts[0] !== 'packages' || parts.length < 4) return null
  const folder = parts.length > 4 ? (parts[3] ?? '') : ''
  return { package: parts[1] ?? '', area: parts[2] === 'src' ? 'src' : 'test', folder }
}

/** 'base/node' for '@streambus/base/node'; null for anything that is not ours. */
function packageTarget(specifier: string): string | null {
  return specifier.startsWith('@streambus/') ? specifier.slice('@streambus/'.length) : null
}

/** The folder of the same package's src that a relative import enters; null when it stays or leaves the package. */
function localTarget(file: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  const parts = path.posix.join(path.posix.dirname(file), specifier).split('/')
  const from = file.split('/')
  return parts[1] === from[1] && parts[2] === 'src' && parts.length > 4 && parts[3] !== from[3]
    ? (parts[3] ?? '')
    : null
}

function arrowViolations(source: SourceFile): string[] {
  const place = placeOf(source.path)
  const found: string[] = []
  for (const { specifier, line } of source.imports) {
    const say = (text: string): void => void found.push(`${source.path}:${line} ${text}`)
    if (leavesPackage(source.path, specifier)) {
      say(`reaches into another package by path (${specifier}); import it by its name`)
    }
    const target = packageTarget(specifier)
    if (place === null || place.area === 'test') continue
    if (target !== null && target.split('/')[0] === place.package) say(`imports its own package by name (${specifier})`)
    else if (target !== null) judge({ from: place.package, to: target, line }, MAY_IMPORT, say)
    if (place.package === 'broker') judgeBroker(source.path, place, { specifier, line, say })
  }
  return found
}

function judgeBroker(
  file: string,
  place: Place,
  found: { readonly specifier: string; readonly line: number; say(text: string): void }
): void {
  if (place.folder === '') return
  const to = localTarget(file, found.specifier) ?? packageTarget(found.specifier)
  if (to !== null && !LOWEST.includes(to))
    judge({ from: place.folder, to, line: found.line }, BROKER_MAY_IMPORT, found.say)
  const joined = path.posix.join(path.posix.dirname(file), found.specifier)
  const isRoot = found.specifier.startsWith('.') && joined.split('/').length === 4
  if (isRoot) found.say(`imports ${joined}: nothing below the composition root imports it`)
}

function judge(arrow: Arrow, table: Readonly<Record<string, readonly string[]>>, say: (text: string) => void): void {
  const allowed = table[arrow.from]
  if (allowed === undefined) say(`'${arrow.from}' is in no layer: give it a row in tools/layers.ts`)
  else if (!allowed.includes(arrow.to)) {
    say(
      `${arrow.from} → ${arrow.to} is not allowed; '${arrow.from}' may import ${allowed.join(', ') || 'none of ours'}`
    )
  }
}

function leavesPackage(file: string, specifier: string): boolean {
  if (!specifier.startsWith('.')) return false
  const home = packageRoot(file)
  const target = packageRoot(path.posix.join(path.posix.dirname(file), specifier))
  // By path, because testkit's entry point loads the broker, which loads the package under test.
  if (file.includes('/test/') && target === 'packages/testkit') return false
  // The simulation composes a broker without sockets from its parts, through this door only.
  if (file === 'tests/sim/broker-parts.ts' && target === 'packages/broker') return false
  return target !== home && (target.startsWith('packages/') || home.startsWith('packages/'))
}

function packageRoot(file: string): string {
  const parts = file.split('/')
  return parts[0] === 'packages' ? `packages/${parts[1] ?? ''}` : (parts[0] ?? '')
}

function mayTouch(file: string, allowed: readonly string[]): boolean {
  return file.includes('/test/') || allowed.some(prefix => file.startsWith(prefix))
}

function worldViolations(source: SourceFile): string[] {
  const found: string[] = []
  const say = (line: number, text: string): void => void found.push(`${source.path}:${line} ${text}`)
  if (!mayTouch(source.path, WORLD_ALLOWED)) {
    for (const { specifier, line } of source.imports) {
      if (WORLD_MODULES.test(specifier))
        say(line, `imports ${specifier}; take a Disk, Clock or connection as a parameter`)
    }
    for (const { name, line } of source.globals) {
      if (WORLD_CALLS.has(name)) say(line, `calls ${name}; take a Clock or Prng as a parameter`)
    }
  }
  if (source.path.startsWith('packages/broker/') && !mayTouch(source.path, REAL_WORLD_ALLOWED)) {
    const real = source.imports.find(({ specifier }) => specifier === '@streambus/base/node')
    if (real !== undefined) say(real.line, 'picks the real clock or disk; only the composition root does')
  }
  return found
}

function libraryViolations(source: SourceFile): string[] {
  return source.imports.flatMap(({ specifier, line }) => {
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/')
    const allowed = Object.hasOwn(LIBRARIES, name) ? LIBRARIES[name] : undefined
    if (allowed === undefined || mayTouch(source.path, allowed)) return []
    return [`${source.path}:${line} imports ${specifier}, which only ${allowed.join(', ')} may`]
  })
}
