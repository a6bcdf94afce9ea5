import { type Config, ConfigErrors } from '@streambus/broker'
import { type Danger, dangersOf } from './config-rules.ts'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'
import type { BrokerFacts, FileFacts, Gathered, Settings } from './gathered.ts'

const CHECK = 'config'
/** What Kafka shows for "no limit", and the number that it is here. */
const LONG_MAX_TEXT = '9223372036854775807'
/** Stored and shown, without an effect in this version. */
const WITHOUT_EFFECT = ['max.incremental.fetch.session.cache.slots', 'transaction.max.timeout.ms'] as const

/** The configuration file, if there is one, and the settings in force of every broker. */
export function judgeConfig({ file, brokers }: Gathered): Finding[] {
  const ofFile = file === null ? [] : judgeFile(file, brokers)
  const ofBrokers = brokers.flatMap(judgeBroker)
  const found = [...ofFile, ...ofBrokers]
  return found.length > 0 ? found : [skipped(CHECK, 'no broker answers, and no file was named with --config')]
}

function judgeBroker({ id, settings }: BrokerFacts): Finding[] {
  if (settings === null) return []
  const where = `broker ${id}`
  // The check of advertised addresses says who answered instead.
  if (settings.error !== null)
    return [skipped(CHECK, `${where} does not describe its settings: ${settings.error.message}`)]
  return judgeSettings(where, settings.value)
}

/** `said`: what another line says already, of the broker with these settings. */
function judgeSettings(where: string, settings: Settings, said: readonly Danger[] = []): Finding[] {
  const dangers = dangersOf(settings).filter(({ found }) => !said.some(danger => danger.found === found))
  if (dangers.length === 0 && said.length > 0) return []
  if (dangers.length === 0) return [ok(CHECK, `${where}: none of its ${settings.size} settings is dangerous`)]
  return dangers.map(({ state, found, wayOut }) => {
    return (state === 'failed' ? failed : warning)(CHECK, `${where}: ${found}`, wayOut)
  })
}

function judgeFile({ path, config }: FileFacts, brokers: readonly BrokerFacts[]): Finding[] {
  if (config.error !== null) return problemsOf(config.error).map(problem => fileProblem(path, problem))
  const running = brokers.find(({ id }) => id === config.value.values['node.id'])?.settings?.value
  return [
    ...judgeSettings(path, settingsOf(config.value), running ? dangersOf(running) : []),
    ...WITHOUT_EFFECT.filter(name => config.value.sources.has(name)).map(name =>
      warning(CHECK, `${path}: ${name} has no effect in this version`, 'remove it')
    ),
    ...compare(path, config.value, brokers)
  ]
}

function problemsOf(error: Error): readonly string[] {
  return error instanceof ConfigErrors ? error.problems : [error.message]
}

/** The problem ends with its way out, behind a colon, where it has one. */
function fileProblem(path: string, problem: string): Finding {
  const named = problem.includes(path) ? problem : `${path}: ${problem}`
  return failed(CHECK, named, 'correct it: a broker does not start with this file')
}

/** What the broker with this file's node.id runs with instead. */
function compare(path: string, config: Config, brokers: readonly BrokerFacts[]): Finding[] {
  const id = config.values['node.id']
  const running = brokers.find(broker => broker.id === id)?.settings?.value
  if (!running) return [skipped(CHECK, `${path} is for broker ${id} (node.id), which does not describe its settings`)]
  const settings = settingsOf(config)
  const differing = [...config.sources.keys()].flatMap(name => {
    const [wanted, inForce] = [settings.get(name), running.get(name)]
    if (wanted === undefined || inForce === undefined || isSame(wanted, inForce)) return []
    const found = `${name} is ${wanted} in ${path}, and ${inForce} in broker ${id}`
    return [warning(CHECK, found, 'start the broker again with this file, or look who overrides it (config describe)')]
  })
  return differing.length > 0 ? differing : [ok(CHECK, `broker ${id} runs with what ${path} says`)]
}

function isSame(a: string, b: string): boolean {
  return a === b || (a !== '' && b !== '' && Number(a) === Number(b))
}

/** As DescribeConfigs would show them; those that are not set are left out. */
function settingsOf({ values }: Config): Settings {
  const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined)
  return new Map(entries.map(([name, value]) => [name, textOf(value)]))
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',')
  return value === Number.MAX_SAFE_INTEGER ? LONG_MAX_TEXT : String(value)
}
