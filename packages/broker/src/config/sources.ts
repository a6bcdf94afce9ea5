import { environmentName, isSettingName, SETTING_NAMES, type SettingName } from './schema.ts'
import { didYouMean } from './suggest.ts'

/** The text that one source gives a setting, and where it stands. */
export interface Given {
  readonly text: string
  readonly where: string
}

export type GivenSettings = ReadonlyMap<SettingName, Given>

/** Kafka settings that mean nothing here, with what to do instead. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['broker.id', 'use node.id'],
  ['log.dir', 'use log.dirs'],
  ['process.roles', 'remove it: a broker is its own controller'],
  ['controller.quorum.voters', 'remove it: a broker is its own controller'],
  ['controller.listener.names', 'remove it: a broker is its own controller'],
  ['inter.broker.listener.name', 'remove it: there is one broker'],
  ['zookeeper.connect', 'remove it: there is no ZooKeeper'],
  ['num.network.threads', 'remove it: one event loop serves all connections'],
  ['num.io.threads', 'remove it: one event loop serves all requests']
])

/** Reads YAML: nested maps or dotted names, sequences for lists. The parser is loaded only when there is a file. */
export async function readFile(path: string, text: string, problems: string[]): Promise<GivenSettings> {
  const given = new Map<SettingName, Given>()
  if (text.trim() === '') return given
  const { parseDocument } = await import('yaml')
  // Numbers stay exact, and keys go into Maps, where no name is special.
  const document = parseDocument(text, { intAsBigInt: true })
  for (const { message } of document.errors)
    problems.push(`${path}: ${(message.split('\n')[0] ?? '').replace(/:$/, '')}`)
  if (document.errors.length > 0) return given
  let root: unknown
  try {
    root = document.toJS({ mapAsMap: true })
  } catch (error) {
    problems.push(`${path}: ${(error as Error).message}`)
  }
  if (root === null || root === undefined) return given
  if (root instanceof Map) collect(root, { prefix: '', path, given, problems })
  else problems.push(`${path}: must hold settings, one "name: value" a line`)
  return given
}

/** Variables that begin with STREAMBUS_ and belong to something else than the broker. */
const FOREIGN_VARIABLES = [
  // The command line's own.
  /^STREAMBUS_(BOOTSTRAP|ADMIN|CONFIG)$/,
  // Test and bench tools of this repository.
  /^STREAMBUS_(TEST|BENCH|COMPAT|KAFKA)_/,
  // What Kubernetes and Docker set in every container for a service that is called streambus or streambus-something.
  /^STREAMBUS_([A-Z0-9_]+_)?SERVICE_(HOST|PORT)(_|$)/,
  /^STREAMBUS_([A-Z0-9_]+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/
]

function isForeign(variable: string, text: string): boolean {
  // STREAMBUS_PORT=tcp://10.0.0.1:9092 is Kubernetes too; STREAMBUS_PORT=9092 is somebody's mistake.
  if (variable.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text)) return true
  return FOREIGN_VARIABLES.some(pattern => pattern.test(variable))
}

/** Talks more, whatever STREAMBUS_LOG_LEVEL says: what somebody who looks for a mistake sets beside it. */
const DEBUG_VARIABLE = 'STREAMBUS_DEBUG'

function readDebug(text: string, given: Map<SettingName, Given>, problems: string[]): void {
  const lower = text.trim().toLowerCase()
  if (lower === 'true' || lower === '1') {
    given.set('log.level', { text: 'debug', where: `environment variable ${DEBUG_VARIABLE}` })
  } else if (lower !== 'false' && lower !== '0' && lower !== '') {
    problems.push(`environment variable ${DEBUG_VARIABLE} is "${text}": must be true (log.level=debug) or false`)
  }
}

export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[]
): GivenSettings {
  const given = new Map<SettingName, Given>()
  const byVariable = new Map(SETTING_NAMES.map(name => [environmentName(name), name]))
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(environmentName(''))) continue
    const name = byVariable.get(variable)
    if (variable === DEBUG_VARIABLE) continue
    if (name !== undefined) given.set(name, { text, where: `environment variable ${variable}` })
    else if (!isForeign(variable, text)) {
      problems.push(`environment variable ${variable} is not a setting${didYouMean(variable, byVariable.keys())}`)
    }
  }
  readDebug(environment[DEBUG_VARIABLE] ?? '', given, problems)
  return given
}

export function readFlags(flags: Readonly<Record<string, string>>, problems: string[]): GivenSettings {
  const given = new Map<SettingName, Given>()
  for (const [name, text] of Object.entries(flags)) {
    if (isSettingName(name)) given.set(name, { text, where: 'command line' })
    else problems.push(unknownSetting(name, 'command line'))
  }
  return given
}

interface Place {
  readonly prefix: string
  readonly path: string
  readonly given: Map<SettingName, Given>
  readonly problems: string[]
}

function collect(map: ReadonlyMap<unknown, unknown>, place: Place): void {
  const { prefix, path, given, problems } = place
  for (const [key, value] of map) {
    const name = `${prefix}${String(key)}`
    if (value instanceof Map) {
      collect(value, { ...place, prefix: `${name}.` })
    } else if (!isSettingName(name)) {
      problems.push(unknownSetting(name, path))
    } else if (given.has(name)) {
      problems.push(`${name} is given twice (${path}), once nested and once dotted: remove one`)
    } else {
      const text = textOf(value)
      if (text === null) problems.push(`${name} has no value (${path}): give one or remove the line`)
      else given.set(name, { text, where: path })
    }
  }
}

function textOf(value: unknown): string | null {
  if (Array.isArray(value)) {
    const items = value.map(textOf)
    return items.includes(null) ? null : items.join(',')
  }
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : null
}

function unknownSetting(name: string, where: string): string {
  const instead = ELSEWHERE.get(name)
  const hint = instead === undefined ? didYouMean(name, SETTING_NAMES) : `: ${instead}`
  return `${name} (${where}) is not a setting${hint}`
}
