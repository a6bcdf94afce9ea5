import { ConfigErrors } from './errors.ts'
import { type Address, type ListenerAddress, parseHostPort, parseListeners } from './listeners.ts'
import { type ConfigValues, SETTING_NAMES, SETTINGS, type SettingName } from './schema.ts'
import type { Setting } from './setting.ts'
import { type Given, readEnvironment, readFile, readFlags } from './sources.ts'

/** Settings as the broker was started with; nothing in it changes. */
export interface Config {
  readonly values: ConfigValues
  /** Where each setting that was given came from, for people. What is missing has its default. */
  readonly sources: ReadonlyMap<SettingName, string>
  readonly listeners: readonly ListenerAddress[]
  /** What clients of the listener at the same position are told; port 0: the bound one. */
  readonly advertised: readonly Address[]
  /** Null when the admin port is turned off. */
  readonly adminListener: Address | null
}

export interface ConfigInput {
  /** Content of the configuration file (YAML); settings nested or dotted. */
  readonly fileText?: string
  /** For messages. */
  readonly filePath?: string
  /** STREAMBUS_LOG_RETENTION_MS and its like; other variables are left alone. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Settings by name. */
  readonly flags?: Readonly<Record<string, string>>
}

/**
 * Flags win over the environment, which wins over the file, which wins over the defaults. Throws ConfigErrors with
 * everything that is wrong.
 */
export async function loadConfig(input: ConfigInput): Promise<Config> {
  const problems: string[] = []
  const given = new Map<SettingName, Given>()
  const layers = [
    await readFile(input.filePath ?? 'the configuration file', input.fileText ?? '', problems),
    readEnvironment(input.environment ?? {}, problems),
    readFlags(input.flags ?? {}, problems)
  ]
  // Every value is checked, also one that is overridden: it is wrong all the same.
  for (const layer of layers) {
    for (const [name, value] of layer) {
      const setting = SETTINGS[name] as Setting<unknown>
      const parsed = setting.parse(value.text)
      const shown = setting.isSensitive ? 'a hidden value' : `"${setting.redact?.(value.text) ?? value.text}"`
      if ('problem' in parsed) problems.push(`${name} is ${shown} (${value.where}): must be ${parsed.problem}`)
      else given.set(name, value)
    }
  }
  return assemble(given, problems)
}

function assemble(given: ReadonlyMap<SettingName, Given>, problems: string[]): Config {
  const entries = SETTING_NAMES.map(name => [name, valueOf(SETTINGS[name] as Setting<unknown>, given.get(name))])
  const values = Object.freeze(Object.fromEntries(entries)) as ConfigValues
  const { listeners, advertised } = parseListeners(values, problems)
  const adminListener = parseAdminListener(values['admin.listener'], problems)
  checkDirectories(values['log.dirs'], problems)
  checkTracing(values, problems)
  if (problems.length > 0) throw new ConfigErrors(problems)
  const sources = new Map([...given].map(([name, { where }]) => [name, where]))
  return Object.freeze({ values, sources, listeners, advertised, adminListener })
}

function valueOf(setting: Setting<unknown>, given: Given | undefined): unknown {
  if (given === undefined) return setting.default
  const parsed = setting.parse(given.text)
  return 'value' in parsed ? parsed.value : setting.default
}

function parseAdminListener(text: string, problems: string[]): Address | null {
  if (text === '' || text === 'none') return null
  const address = parseHostPort(text)
  if (address === null) {
    problems.push(`admin.listener is "${text}": must be host:port, such as 127.0.0.1:8080, or none; port 0 … 65535`)
  }
  return address
}

/** Spans are made of the times that metrics take of requests. */
function checkTracing(values: ConfigValues, problems: string[]): void {
  const endpoint = values['tracing.otlp.endpoint']
  if (endpoint !== '' && !URL.canParse(endpoint)) {
    problems.push(`tracing.otlp.endpoint is "${endpoint}": must be a URL such as http://localhost:4318, port 1 … 65535`)
  }
  if (values['metrics.enabled'] || endpoint === '') return
  problems.push(
    `tracing.otlp.endpoint is "${endpoint}" while metrics.enabled is false: requests are not timed then; leave one of them out`
  )
}

function checkDirectories(directories: readonly string[], problems: string[]): void {
  if (directories.length === 0) problems.push('log.dirs is empty: give at least one directory')
  const seen = new Set<string>()
  for (const directory of directories) {
    const plain = directory.replace(/^(\.\/)+(?=.)|(?<=.)\/+$/g, '')
    if (seen.has(plain)) problems.push(`log.dirs has ${directory} twice: give each directory once`)
    seen.add(plain)
  }
}
